// The best paths of a lattice, or the best by randomly perturbed scores, found from the end backwards with an agenda of hypotheses. Exact
// unless the search outgrows its bounds, as it may on very long texts.
// Hot methods are optimised at once: a training is over before tiered compilation would have noticed them.
// Source: A* n-best after Nagata 1994; Gumbel top-k after Kool et al. 2019; the agenda's ties are broken as libstdc++'s priority queue
// breaks them.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>Searches a lattice for its best paths. Reused from text to text.</summary>
internal sealed class PathSearch(Lattice lattice)
{
    private const int MaxAgenda = 10000;
    private const int MinAgenda = 512;
    private const int Eos = -1;

    private readonly List<Hypothesis> _hypotheses = [];
    private readonly PathAgenda _agenda = new();
    private readonly List<float> _probabilities = [], _perturbed = [];

    /// <summary>The best paths, best first, with their scores.</summary>
    public List<(int[] Nodes, float Score)> NBest(int size) => Search(size, lattice.FillBacktrace(out _), null);

    /// <summary>Paths drawn without replacement by perturbed scores, largest first; the score is the perturbed one.</summary>
    public List<(int[] Nodes, float Score)> SampleWithoutReplacement(int size, float theta, MersenneTwister random)
    {
        lattice.Forward(theta);
        return Search(size, Gumbel(random), new Perturbation(theta, random));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private List<(int[] Nodes, float Score)> Search(int size, float first, Perturbation? perturbation)
    {
        var results = new List<(int[], float)>();
        _hypotheses.Clear();
        _agenda.Clear();
        Push(new Hypothesis(Eos, -1, first, 0));
        while (_agenda.Count > 0)
        {
            int top = _agenda.Pop();
            Hypothesis hypothesis = _hypotheses[top];
            if (hypothesis.Node == Lattice.Bos)
            {
                results.Add((PathOf(hypothesis), hypothesis.Priority));
                if (results.Count == size)
                {
                    break;
                }

                continue;
            }

            int position = hypothesis.Node == Eos ? lattice.Length : lattice.StartOf(hypothesis.Node);
            if (perturbation is null)
            {
                Expand(position, top, hypothesis);
            }
            else
            {
                ExpandPerturbed(position, top, hypothesis, perturbation);
            }

            if (_agenda.Count >= MaxAgenda)
            {
                Shrink(Math.Min(MinAgenda, size * 10));
            }
        }

        return results;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Expand(int position, int top, Hypothesis hypothesis)
    {
        for (int left = lattice.FirstEnding(position); left >= 0; left = lattice.NextEnding(left))
        {
            float priority = lattice.BacktraceOf(left) + hypothesis.Score;
            Push(new Hypothesis(left, top, priority, lattice.ScoreOf(left) + hypothesis.Score));
        }
    }

    private void ExpandPerturbed(int position, int top, Hypothesis hypothesis, Perturbation perturbation)
    {
        (float theta, MersenneTwister random) = perturbation;
        _probabilities.Clear();
        _perturbed.Clear();
        float z = lattice.AlphaAt(position), max = -1e8f;
        for (int left = lattice.FirstEnding(position); left >= 0; left = lattice.NextEnding(left))
        {
            float p = hypothesis.Score + lattice.StartAlpha(left) + theta * lattice.ScoreOf(left) - z;
            float noisy = p + Gumbel(random);
            _probabilities.Add(p);
            _perturbed.Add(noisy);
            max = Math.Max(max, noisy);
        }

        // Draws are shifted so that the largest equals the parent's: a truncated Gumbel distribution.
        int i = 0;
        for (int left = lattice.FirstEnding(position); left >= 0; left = lattice.NextEnding(left), i++)
        {
            float v = hypothesis.Priority - _perturbed[i] + Log1p(-MathF.Exp(_perturbed[i] - max));
            float priority = hypothesis.Priority - Math.Max(0f, v) - Log1p(MathF.Exp(-Math.Abs(v)));
            Push(new Hypothesis(left, top, priority, _probabilities[i]));
        }
    }

    private void Push(Hypothesis hypothesis)
    {
        _hypotheses.Add(hypothesis);
        _agenda.Push(hypothesis.Priority, _hypotheses.Count - 1);
    }

    private void Shrink(int size)
    {
        var kept = new List<(float, int)>(size);
        for (int i = 0; i < size; i++)
        {
            int item = _agenda.Pop();
            kept.Add((_hypotheses[item].Priority, item));
        }

        _agenda.Clear();
        foreach ((float priority, int item) in kept)
        {
            _agenda.Push(priority, item);
        }
    }

    private int[] PathOf(Hypothesis hypothesis)
    {
        var nodes = new List<int>();
        for (int h = hypothesis.Next; _hypotheses[h].Next >= 0; h = _hypotheses[h].Next)
        {
            nodes.Add(_hypotheses[h].Node);
        }

        return [.. nodes];
    }

    private static float Gumbel(MersenneTwister random) => -MathF.Log(-(MathF.Log(random.NextSingle() + 1e-7f)));

    private static float Log1p(float x) => (float)(Math.Abs(x) < 1e-4 ? x - x * (double)x / 2 : Math.Log(1.0 + x));

    /// <summary>A path from a node to the end of the text.</summary>
    /// <param name="Node">Its first node.</param>
    /// <param name="Next">The hypothesis that the path goes on with; -1 at the end.</param>
    /// <param name="Priority">The score of the best whole path through it, or its perturbed score.</param>
    /// <param name="Score">Its own score.</param>
    private readonly record struct Hypothesis(int Node, int Next, float Priority, float Score);

    /// <summary>How scores are perturbed: by how much the better path is preferred, and with which random numbers.</summary>
    private sealed record Perturbation(float Theta, MersenneTwister Random);
}
