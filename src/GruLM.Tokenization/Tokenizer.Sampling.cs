// The other ways to encode: the n best cuts, random cuts (BPE-dropout, paths of the unigram lattice), their scores and entropy, and a
// tokenizer restricted to part of its vocabulary. All of them look at a whole text at once; the fast path is in Tokenizer.cs.
// Source: Kudo 2018 (subword regularisation), Provilkov et al. 2020 (BPE-dropout), Kool et al. 2019; SentencePiece's behaviour, 0.1.97.
using System.Text;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

public sealed partial class Tokenizer
{
    private const int MaxNBest = 1024;

    /// <summary>The best cuts of a text, best first (unigram models). At most 1024; fewer where there are no more.</summary>
    /// <exception cref="InvalidOperationException">The model is not a unigram model.</exception>
    public IReadOnlyList<ScoredPieces> EncodeNBest(string text, int size)
    {
        ArgumentNullException.ThrowIfNull(text);
        return EncodeNBest(Encoding.UTF8.GetBytes(text), size);
    }

    /// <summary>The best cuts of a UTF-8 text, best first (unigram models). At most 1024; fewer where there are no more.</summary>
    /// <exception cref="InvalidOperationException">The model is not a unigram model.</exception>
    public IReadOnlyList<ScoredPieces> EncodeNBest(ReadOnlySpan<byte> utf8, int size)
    {
        UnigramEncoder unigram = RequireUnigram("The n best cuts");
        size = Math.Clamp(size, 1, MaxNBest);
        NormalizedText window = NormalizeWhole(utf8);
        if (window.Length == 0)
        {
            return [new ScoredPieces([], 0)];
        }

        if (size == 1)
        {
            return [new ScoredPieces(EncodePieces(utf8), 0)];
        }

        Lattice lattice = LatticeOf(unigram, window);
        return [.. lattice.NBest(size).Select(path => new ScoredPieces(Collect(window, lattice, path.Nodes), path.Score))];
    }

    /// <summary>How uncertain the cut of a text is: the entropy in nats of the distribution over cuts with probability proportional to
    /// exp(alpha · score).</summary>
    /// <exception cref="InvalidOperationException">The model is not a unigram model.</exception>
    public float Entropy(string text, float alpha)
    {
        ArgumentNullException.ThrowIfNull(text);
        UnigramEncoder unigram = RequireUnigram("Entropy");
        NormalizedText window = NormalizeWhole(Encoding.UTF8.GetBytes(text));
        return window.Length == 0 ? 0 : LatticeOf(unigram, window).Entropy(alpha);
    }

    /// <summary>A source of random cuts. Not safe for use from several threads at once; make one for each.</summary>
    /// <param name="seed">Equal seeds give equal cuts.</param>
    public PieceSampler CreateSampler(uint seed) => new(this, seed);

    /// <summary>
    /// A tokenizer that outputs only these pieces (and single characters, symbols and special pieces): the others become unused. For
    /// unigram and BPE models.
    /// </summary>
    /// <exception cref="InvalidOperationException">The model is a char or word model.</exception>
    public Tokenizer WithVocabulary(IEnumerable<string> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        if (Model.ModelType is not (ModelType.Unigram or ModelType.Bpe))
        {
            throw new InvalidOperationException(
                $"A vocabulary can be restricted in unigram and BPE models only; this is a {Model.ModelType} model.");
        }

        var allowed = new HashSet<string>(pieces, StringComparer.Ordinal);
        ModelProto proto = Model.Proto.Clone();
        for (int id = 0; id < VocabSize; id++)
        {
            if (TypeOf(id) is PieceType.Control or PieceType.Unknown or PieceType.UserDefined or PieceType.Byte)
            {
                continue;
            }

            ReadOnlySpan<byte> text = _vocabulary.BytesOf(id);
            bool keep = Utf8Bytes.LengthByLead(text[0]) == text.Length || allowed.Contains(PieceOf(id));
            proto.Pieces[id].Type = keep
                ? ModelProto.Types.SentencePiece.Types.Type.Normal
                : ModelProto.Types.SentencePiece.Types.Type.Unused;
        }
        // Specimens describe the whole vocabulary.
        proto.SelfTestData = null;
        return new Tokenizer(new SentencePieceModel(proto));
    }

    /// <summary>Reads a vocabulary for <see cref="WithVocabulary"/>: a piece a line, optionally a TAB and its count; rarer ones are left
    /// out.</summary>
    /// <exception cref="InvalidDataException">A line is empty or its count is not a number.</exception>
    public static IReadOnlyList<string> ReadVocabulary(string path, int threshold)
    {
        var pieces = new List<string>();
        int number = 0;
        foreach (ReadOnlyMemory<byte> line in SentenceReader.ReadFiles([path]))
        {
            number++;
            string[] fields = Encoding.UTF8.GetString(line.Span).Split('\t');
            int count = 1;
            if (fields[0].Length == 0 || (fields.Length > 1 && !int.TryParse(fields[1], out count)))
            {
                throw new InvalidDataException($"Line {number} of '{path}' is not a piece, optionally with a TAB and a count.");
            }

            if (count >= threshold)
            {
                pieces.Add(fields[0]);
            }
        }

        return pieces;
    }

    internal NormalizedText NormalizeWhole(ReadOnlySpan<byte> utf8)
    {
        var window = new NormalizedText();
        window.Reset(track: true);
        var progress = new NormalizerProgress();
        Normalizer.Advance(ref progress, utf8, final: true, window, int.MaxValue);
        return window;
    }

    internal UnigramEncoder RequireUnigram(string what) => _encoder as UnigramEncoder
        ?? throw new InvalidOperationException($"{what} can be had from unigram models only; this is a {Model.ModelType} model.");

    internal PieceEncoder Encoder => _encoder;

    internal Lattice LatticeOf(UnigramEncoder unigram, NormalizedText window)
    {
        var lattice = new Lattice();
        lattice.Build(window.Bytes.AsSpan(0, window.Length), unigram.Trie, _vocabulary.UnkId, unigram.UnknownScore,
            new ModelScores(unigram));
        return lattice;
    }

    internal List<EncodedPiece> Collect(NormalizedText window, Lattice lattice, int[] path) => Collect(window, sink =>
    {
        foreach (int node in path)
        {
            (int begin, int end) = lattice.BytesOf(node);
            sink.Add(lattice.IdOf(node), begin, end - begin);
        }
    });

    internal List<EncodedPiece> Collect(NormalizedText window, Action<PieceSink> encode)
    {
        var pieces = new List<EncodedPiece>();
        var sink = new PieceSink();
        sink.Reset(_vocabulary, window, [], pieces);
        encode(sink);
        sink.Release();
        return pieces;
    }

    /// <summary>True where two cuts, given as pieces parted by spaces, score the same under a unigram model.</summary>
    private bool ScoreTheSame(string expected, string got)
    {
        if (_encoder is not UnigramEncoder unigram)
        {
            return false;
        }

        return Math.Abs(Total(expected) - Total(got)) <= 1e-7f;

        float Total(string pieces)
        {
            float total = 0;
            foreach (string piece in pieces.Split(' '))
            {
                byte[] bytes = Encoding.UTF8.GetBytes(piece);
                total += _vocabulary.TryGetId(bytes, out int id) && id != _vocabulary.UnkId
                    ? unigram.LatticeScore(id, bytes.Length)
                    : unigram.UnknownScore;
            }

            return total;
        }
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
