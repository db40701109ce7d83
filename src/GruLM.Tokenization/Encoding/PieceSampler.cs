// Random cuts of text, for training models that shall not depend on one cut. Draws come from one mt19937 in the reference's order, so that
// equal seeds give what spm_encode gives with --random_seed.
// Source: Kudo 2018 (paths of the unigram lattice), Provilkov et al. 2020 (BPE-dropout), Kool et al. 2019 (draws without replacement);
// SentencePiece's behaviour, 0.1.97.
using System.Runtime.InteropServices;
using System.Text;

namespace GruLM.Tokenization;

/// <summary>Draws random cuts of texts. Not safe for use from several threads at once.</summary>
public sealed class PieceSampler
{
    private readonly Tokenizer _tokenizer;
    private readonly WholeTextEncoder _wholeText;
    private readonly MersenneTwister _random;

    internal PieceSampler(Tokenizer tokenizer, WholeTextEncoder wholeText, uint seed)
    {
        _tokenizer = tokenizer;
        _wholeText = wholeText;
        _random = new MersenneTwister(seed);
    }

    /// <summary>Draws one cut of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="nbestSize">Below 0: from all cuts of the lattice; 0 or 1: the best cut; above: from that many best ones, at most 512.
    /// BPE models always drop out.</param>
    /// <param name="alpha">Unigram: how strongly better cuts are preferred. BPE: the probability to skip a merge.</param>
    /// <exception cref="ArgumentException"><paramref name="nbestSize"/> is above 512.</exception>
    /// <exception cref="InvalidOperationException">The model is a char or word model.</exception>
    public List<EncodedPiece> Encode(string text, int nbestSize, float alpha)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encode(Encoding.UTF8.GetBytes(text), nbestSize, alpha);
    }

    /// <summary>Draws one cut of a UTF-8 text.</summary>
    /// <inheritdoc cref="Encode(string, int, float)"/>
    public List<EncodedPiece> Encode(ReadOnlySpan<byte> utf8, int nbestSize, float alpha)
    {
        if (nbestSize > 512)
        {
            throw new ArgumentException($"'nbestSize' is {nbestSize}; at most 512 cuts can be drawn from.");
        }

        NormalizedText window = _wholeText.Normalize(utf8);
        switch (_wholeText.Encoder)
        {
            case BpeEncoder bpe:
                return _wholeText.Collect(window, sink => bpe.Sample(window, sink, new BpeDropout(alpha, _random)));
            case UnigramEncoder when window.Length == 0:
                return [];
            case UnigramEncoder when nbestSize is 0 or 1:
                return _tokenizer.EncodePieces(utf8);
            case UnigramEncoder unigram:
                Lattice lattice = _wholeText.LatticeOf(unigram, window);
                int[] path = nbestSize < 0
                    ? PathSampler.Sample(lattice, alpha, _random)
                    : DrawFromBest(lattice, nbestSize, alpha);
                return _wholeText.Collect(window, lattice, path);
            default:
                throw new InvalidOperationException(
                    $"Random cuts can be drawn from unigram and BPE models only; this is a {_tokenizer.Model.ModelType} model.");
        }
    }

    /// <summary>Draws several cuts of a text with their scores (unigram models).</summary>
    /// <param name="text">The text.</param>
    /// <param name="samples">How many.</param>
    /// <param name="alpha">How strongly better cuts are preferred.</param>
    /// <param name="withoutReplacement">Draw different cuts; scores are then the logs of the chance to be among the drawn ones.</param>
    /// <param name="includeBest">Put the best cut first, with score 0 (only without replacement).</param>
    /// <exception cref="InvalidOperationException">The model is not a unigram model.</exception>
    /// <exception cref="ArgumentException">The best cut is asked for with replacement.</exception>
    public IReadOnlyList<ScoredPieces> EncodeAndScore(string text, int samples, float alpha, bool withoutReplacement = false,
        bool includeBest = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        UnigramEncoder unigram = _wholeText.RequireUnigram("Scored random cuts");
        if (includeBest && !withoutReplacement)
        {
            throw new ArgumentException("The best cut can be included only in draws without replacement.");
        }

        NormalizedText window = _wholeText.Normalize(Encoding.UTF8.GetBytes(text));
        if (window.Length == 0 || samples < 1)
        {
            return [];
        }

        Lattice lattice = _wholeText.LatticeOf(unigram, window);
        return withoutReplacement
            ? DrawDifferent(window, lattice, samples, alpha, includeBest)
            : DrawSeveral(window, lattice, samples, alpha);
    }

    private List<ScoredPieces> DrawSeveral(NormalizedText window, Lattice lattice, int samples, float alpha)
    {
        float partition = lattice.LogPartition(alpha);
        var results = new List<ScoredPieces>();
        for (int i = 0; i < samples; i++)
        {
            int[] path = PathSampler.Sample(lattice, alpha, _random);
            results.Add(new ScoredPieces(_wholeText.Collect(window, lattice, path), Weight(lattice, path, alpha) - partition));
        }

        return results;
    }

    private List<ScoredPieces> DrawDifferent(NormalizedText window, Lattice lattice, int samples, float alpha, bool includeBest)
    {
        float partition = lattice.LogPartition(alpha);
        var results = new List<ScoredPieces>();
        // One more than wanted: its perturbed score is the threshold.
        List<(int[] Nodes, float Score)> drawn = new PathSearch(lattice).SampleWithoutReplacement(samples + 1, alpha, _random);
        if (includeBest)
        {
            var best = new List<int>();
            lattice.Viterbi(best);
            results.Add(new ScoredPieces(_wholeText.Collect(window, lattice, [.. best]), 0));
            int known = drawn.FindIndex(d => d.Nodes.AsSpan().SequenceEqual(CollectionsMarshal.AsSpan(best)));
            drawn.RemoveAt(known >= 0 ? known : drawn.Count - 1);
        }

        if (drawn.Count == 0)
        {
            return results;
        }

        double threshold = drawn[^1].Score;
        foreach ((int[] nodes, float _) in drawn.Take(drawn.Count - 1))
        {
            double x = Weight(lattice, nodes, alpha) - partition - threshold;
            double y = Math.Exp(x);
            double inclusion = x <= -10 ? x - y / 2 + y * y / 24 - Math.Pow(y, 4) / 2880 : Math.Log(-Expm1(-y));
            results.Add(new ScoredPieces(_wholeText.Collect(window, lattice, nodes), (float)inclusion));
        }

        return results;
    }

    private int[] DrawFromBest(Lattice lattice, int size, float alpha)
    {
        List<(int[] Nodes, float Score)> best = new PathSearch(lattice).NBest(size);
        double[] weights = [.. best.Select(b => (double)MathF.Exp(alpha * b.Score))];
        // Long texts' probabilities vanish; relative to the best they do not.
        if (weights.Sum() == 0)
        {
            weights = [.. best.Select(b => Math.Exp(alpha * (b.Score - best[0].Score)))];
        }

        return best[PathSampler.Draw(weights, _random)].Nodes;
    }

    private static float Weight(Lattice lattice, int[] path, float alpha)
    {
        float weight = 0;
        foreach (int node in path)
        {
            weight += alpha * lattice.ScoreOf(node);
        }

        return weight;
    }

    private static double Expm1(double x) => Math.Abs(x) < 1e-5 ? x + x * x / 2 : Math.Exp(x) - 1;
}
