// The n best paths of a lattice and random ones.
// Hot methods are optimised at once: a training is over before tiered compilation would have noticed them.
// Source: as for the lattice; the agenda's ties are broken as libstdc++'s priority queue breaks them.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GruLM.Tokenization;

internal sealed partial class Lattice
{
    private const int MaxAgenda = 10000;
    private const int MinAgenda = 512;

    private readonly List<Hypothesis> _hypotheses = [];
    private readonly PathAgenda _agenda = new();

    /// <summary>The best paths, best first, with their scores. Exact unless the search outgrows its bounds, as it may on very long
    /// texts.</summary>
    public List<(int[] Nodes, float Score)> NBest(int size) => Search(size, 0, null);

    /// <summary>Paths drawn without replacement by perturbed scores, largest first; the score is the perturbed one.</summary>
    public List<(int[] Nodes, float Score)> SampleWithoutReplacement(int size, float theta, MersenneTwister random) =>
        Search(size, theta, random);

    /// <summary>The log of the sum over all paths of exp(theta · score).</summary>
    public float LogPartition(float theta)
    {
        Forward(theta);
        return _alpha[Length];
    }

    /// <summary>One random path, with probability proportional to exp(theta · score).</summary>
    public int[] Sample(float theta, MersenneTwister random)
    {
        if (Length == 0)
        {
            return [];
        }

        Forward(theta);
        var path = new List<int>();
        var weights = new List<double>();
        int position = Length;
        float z = _alpha[Length];
        while (true)
        {
            weights.Clear();
            for (int left = _endHead[position]; left >= 0; left = _nextEnd[left])
            {
                weights.Add((float)Math.Exp((double)(StartAlpha(left) + theta * _scores[left] - z)));
            }

            int choice = Draw(CollectionsMarshal.AsSpan(weights), random);
            int node = _endHead[position];
            for (; choice > 0; choice--)
            {
                node = _nextEnd[node];
            }

            if (node == Bos)
            {
                break;
            }

            path.Add(node);
            position = _starts[node];
            z = _alpha[position];
        }

        path.Reverse();
        return [.. path];
    }

    /// <summary>Draws an index with probability proportional to its weight, as std::discrete_distribution does.</summary>
    public static int Draw(Span<double> weights, MersenneTwister random)
    {
        if (weights.Length < 2)
        {
            return 0;
        }

        double sum = 0;
        foreach (double weight in weights)
        {
            sum += weight;
        }

        double cumulated = 0;
        double draw = random.NextDouble();
        for (int i = 0; i < weights.Length - 1; i++)
        {
            cumulated += weights[i] / sum;
            if (!(cumulated < draw))
            {
                return i;
            }
        }

        return weights.Length - 1;
    }

    private float StartAlpha(int node) => node == Bos ? 0 : _alpha[_starts[node]];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private List<(int[] Nodes, float Score)> Search(int size, float theta, MersenneTwister? random)
    {
        const int Eos = -1;
        var results = new List<(int[], float)>();
        _hypotheses.Clear();
        _agenda.Clear();
        float first;
        if (random is null)
        {
            first = FillBacktrace(out _);
        }
        else
        {
            Forward(theta);
            first = Gumbel(random);
        }

        Push(new Hypothesis(Eos, -1, first, 0));
        var probabilities = new List<float>();
        var perturbed = new List<float>();
        while (_agenda.Count > 0)
        {
            int top = _agenda.Pop();
            Hypothesis hypothesis = _hypotheses[top];
            if (hypothesis.Node == Bos)
            {
                results.Add((PathOf(hypothesis), hypothesis.Priority));
                if (results.Count == size)
                {
                    break;
                }

                continue;
            }

            int position = hypothesis.Node == Eos ? Length : _starts[hypothesis.Node];
            if (random is null)
            {
                for (int left = _endHead[position]; left >= 0; left = _nextEnd[left])
                {
                    Push(new Hypothesis(left, top, _backtrace[left] + hypothesis.Score, _scores[left] + hypothesis.Score));
                }
            }
            else
            {
                Expand(position, top, hypothesis, theta, random, probabilities, perturbed);
            }

            if (_agenda.Count >= MaxAgenda)
            {
                Shrink(Math.Min(MinAgenda, size * 10));
            }
        }

        return results;
    }

    private void Expand(int position, int top, Hypothesis hypothesis, float theta, MersenneTwister random, List<float> probabilities,
        List<float> perturbed)
    {
        probabilities.Clear();
        perturbed.Clear();
        float z = _alpha[position], max = -1e8f;
        for (int left = _endHead[position]; left >= 0; left = _nextEnd[left])
        {
            float p = hypothesis.Score + StartAlpha(left) + theta * _scores[left] - z;
            float noisy = p + Gumbel(random);
            probabilities.Add(p);
            perturbed.Add(noisy);
            max = Math.Max(max, noisy);
        }
        // Draws are shifted so that the largest equals the parent's: a truncated Gumbel distribution.
        int i = 0;
        for (int left = _endHead[position]; left >= 0; left = _nextEnd[left], i++)
        {
            float v = hypothesis.Priority - perturbed[i] + Log1p(-MathF.Exp(perturbed[i] - max));
            float priority = hypothesis.Priority - Math.Max(0f, v) - Log1p(MathF.Exp(-Math.Abs(v)));
            Push(new Hypothesis(left, top, priority, probabilities[i]));
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

    private readonly record struct Hypothesis(int Node, int Next, float Priority, float Score);
}
