// The ways to encode that look at a whole text at once: the n best cuts and the entropy of all of them, and for random cuts the lattice to
// draw from. The fast way, through a window, is WindowedEncoder's.
// Source: Kudo 2018 (subword regularisation); SentencePiece's behaviour, 0.1.97.
namespace GruLM.Tokenization;

/// <summary>Encodes a text by all its cuts. Safe to use from several threads.</summary>
internal sealed class WholeTextEncoder(Tokenizer tokenizer, PieceEncoder encoder)
{
    private const int MaxNBest = 1024;

    /// <summary>The model's own encoder.</summary>
    public PieceEncoder Encoder => encoder;

    /// <summary>The best cuts of a text, best first, at most 1024.</summary>
    /// <exception cref="InvalidOperationException">The model is not a unigram model.</exception>
    public IReadOnlyList<ScoredPieces> NBest(ReadOnlySpan<byte> utf8, int size)
    {
        UnigramEncoder unigram = RequireUnigram("The n best cuts");
        size = Math.Clamp(size, 1, MaxNBest);
        NormalizedText window = Normalize(utf8);
        if (window.Length == 0)
        {
            return [new ScoredPieces([], 0)];
        }

        if (size == 1)
        {
            return [new ScoredPieces(tokenizer.EncodePieces(utf8), 0)];
        }

        Lattice lattice = LatticeOf(unigram, window);
        List<(int[] Nodes, float Score)> paths = new PathSearch(lattice).NBest(size);
        return [.. paths.Select(path => new ScoredPieces(Collect(window, lattice, path.Nodes), path.Score))];
    }

    /// <summary>The entropy in nats of the distribution over cuts with probability proportional to exp(alpha · score).</summary>
    /// <exception cref="InvalidOperationException">The model is not a unigram model.</exception>
    public float Entropy(ReadOnlySpan<byte> utf8, float alpha)
    {
        UnigramEncoder unigram = RequireUnigram("Entropy");
        NormalizedText window = Normalize(utf8);
        return window.Length == 0 ? 0 : LatticeOf(unigram, window).Entropy(alpha);
    }

    /// <summary>The model's encoder, which must be a unigram one; <paramref name="what"/> names what needs it.</summary>
    /// <exception cref="InvalidOperationException">The model is not a unigram model.</exception>
    public UnigramEncoder RequireUnigram(string what) => encoder as UnigramEncoder
        ?? throw new InvalidOperationException(
            $"{what} can be had from unigram models only; this is a {tokenizer.Model.ModelType} model.");

    /// <summary>A whole text, normalised.</summary>
    public NormalizedText Normalize(ReadOnlySpan<byte> utf8)
    {
        var window = new NormalizedText();
        window.Reset(track: true);
        var progress = new NormalizerProgress();
        tokenizer.Normalizer.Advance(ref progress, utf8, final: true, window, int.MaxValue);
        return window;
    }

    /// <summary>All cuts of a normalised text.</summary>
    public Lattice LatticeOf(UnigramEncoder unigram, NormalizedText window)
    {
        ReadOnlySpan<byte> text = window.Bytes.AsSpan(0, window.Length);
        var lattice = new Lattice();
        lattice.Build(text, unigram.Trie, tokenizer.Model.Vocabulary.UnkId, unigram.UnknownScore, new ModelScores(unigram));
        return lattice;
    }

    /// <summary>The pieces along a path.</summary>
    public List<EncodedPiece> Collect(NormalizedText window, Lattice lattice, int[] path) => Collect(window, sink =>
    {
        foreach (int node in path)
        {
            (int begin, int end) = lattice.BytesOf(node);
            sink.Add(lattice.IdOf(node), begin, end - begin);
        }
    });

    /// <summary>The pieces that <paramref name="encode"/> puts out.</summary>
    public List<EncodedPiece> Collect(NormalizedText window, Action<PieceSink> encode)
    {
        var pieces = new List<EncodedPiece>();
        var sink = new PieceSink();
        sink.Reset(tokenizer.Model.Vocabulary, window, [], pieces);
        encode(sink);
        sink.Release();
        return pieces;
    }

    private readonly struct ModelScores(UnigramEncoder unigram) : ILatticeScores
    {
        public bool TryGet(int value, out int id, int length, out float score)
        {
            id = value;
            score = unigram.LatticeScore(value, length);
            return !unigram.IsUnused(value);
        }
    }
}
