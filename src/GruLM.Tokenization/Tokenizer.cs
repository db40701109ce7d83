// The tokenizer people use: text to ids and back with a SentencePiece model. It is the API alone: encoding is done in Encoding/, decoding
// in Decoding/, training by TokenizerTrainer.
// Source: SentencePiece (Kudo & Richardson 2018); ids, offsets and texts are those of 0.1.97.
using System.Buffers;
using System.Text;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>Cuts text into the pieces of a SentencePiece model and puts pieces together again. Immutable and safe to use from several
/// threads.</summary>
public sealed class Tokenizer
{
    // So many ids are decoded in no time.
    private const int IdsBetweenStops = 1 << 16;

    private readonly Vocabulary _vocabulary;
    private readonly WholeTextEncoder _wholeText;
    private readonly WindowedEncoder _windowed;
    private StringDecoder? _strings;

    /// <summary>Makes a tokenizer from a model.</summary>
    /// <exception cref="InvalidDataException">The model's normalisation table is broken, or its specimen texts do not give the pieces it
    /// says.</exception>
    public Tokenizer(SentencePieceModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        _vocabulary = model.Vocabulary;
        TrainerSpec trainer = model.Proto.TrainerSpec ?? SentencePieceModel.DefaultTrainerSpec;
        Normalizer = new Normalizer(
            model.Proto.NormalizerSpec ?? new NormalizerSpec(), trainer.TreatWhitespaceAsSuffix, _vocabulary.UserDefinedSymbols());
        if (model.Proto.DenormalizerSpec is { } denormalizer && !denormalizer.PrecompiledCharsmap.IsEmpty)
        {
            Denormalizer = new Normalizer(denormalizer, whitespaceAsSuffix: false, null);
        }

        DecodingTable = new DecodingTable(model);
        PieceEncoder encoder = model.ModelType switch
        {
            ModelType.Bpe => new BpeEncoder(_vocabulary),
            ModelType.Char => new CharEncoder(_vocabulary),
            ModelType.Word => new WordEncoder(_vocabulary),
            _ => new UnigramEncoder(_vocabulary),
        };
        _windowed = new WindowedEncoder(_vocabulary, Normalizer, encoder);
        _wholeText = new WholeTextEncoder(this, encoder);
        UnkId = SpecialId(trainer.UnkPiece, "<unk>", PieceType.Unknown);
        BosId = SpecialId(trainer.BosPiece, "<s>", PieceType.Control);
        EosId = SpecialId(trainer.EosPiece, "</s>", PieceType.Control);
        PadId = SpecialId(trainer.PadPiece, "<pad>", PieceType.Control);
        SelfTest.Check(this);
    }

    /// <summary>Reads a <c>.model</c> file, such as the <c>tokenizer.model</c> of a model folder.</summary>
    /// <exception cref="InvalidDataException">The file is not a SentencePiece model or is damaged; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read, or is a folder.</exception>
    public static Tokenizer Load(string path)
    {
        var model = SentencePieceModel.Load(path);
        try
        {
            return new Tokenizer(model);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{path}' cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Reads a model from the bytes of its file.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a SentencePiece model or are damaged.</exception>
    public static Tokenizer Load(ReadOnlySpan<byte> model) => new(SentencePieceModel.Parse(model));

    /// <summary>Writes the model to a <c>.model</c> file.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => Model.Save(path);

    /// <summary>The model.</summary>
    public SentencePieceModel Model { get; }

    /// <summary>The model's normaliser, user-defined symbols kept raw.</summary>
    public Normalizer Normalizer { get; }

    /// <summary>The number of pieces; ids run from 0 to one less.</summary>
    public int VocabSize => _vocabulary.Count;

    /// <summary>The unknown piece, -1 where the model names another.</summary>
    public int UnkId { get; }

    /// <summary>The piece that begins a text, -1 where there is none.</summary>
    public int BosId { get; }

    /// <summary>The piece that ends a text, -1 where there is none.</summary>
    public int EosId { get; }

    /// <summary>The padding piece, -1 where there is none.</summary>
    public int PadId { get; }

    /// <summary>Whether decoded text is rewritten as a whole by rules of the model's own, so that a piece alone does not say what it
    /// writes.</summary>
    public bool RewritesDecodedText => Denormalizer is not null;

    /// <summary>Cuts a text. Lone surrogates count as U+FFFD.</summary>
    /// <returns>The ids.</returns>
    public int[] Encode(string text) => Encode(text, CancellationToken.None);

    /// <summary>Cuts a text that may be long. Lone surrogates count as U+FFFD.</summary>
    /// <returns>The ids.</returns>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public int[] Encode(string text, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _windowed.Encode(text, cancel);
    }

    /// <summary>Cuts a text and appends its ids. Lone surrogates count as U+FFFD. Takes time in proportion to the text and a small
    /// buffer.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled; some of the ids may have been appended.</exception>
    public void Encode(ReadOnlySpan<char> text, List<int> ids, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        _windowed.Encode(text, ids, cancel);
    }

    /// <summary>Cuts UTF-8 text and appends its ids. Malformed bytes count as U+FFFD each. Takes time in proportion to the text and a small
    /// buffer.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled; some of the ids may have been appended.</exception>
    public void Encode(ReadOnlySpan<byte> utf8, List<int> ids, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        _windowed.Encode(utf8, ids, null, cancel);
    }

    /// <summary>Cuts UTF-8 text into pieces with their places in it, in bytes.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public List<EncodedPiece> EncodePieces(ReadOnlySpan<byte> utf8, CancellationToken cancel = default)
    {
        var pieces = new List<EncodedPiece>();
        _windowed.Encode(utf8, [], pieces, cancel);
        return pieces;
    }

    /// <summary>Cuts a text into pieces with their places in it, in the unit asked for. Lone surrogates count as U+FFFD.</summary>
    public List<EncodedPiece> EncodePieces(string text, OffsetUnit unit = OffsetUnit.Utf8Bytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        List<EncodedPiece> pieces = EncodePieces(utf8);
        if (unit != OffsetUnit.Utf8Bytes)
        {
            Offsets.Convert(pieces, utf8, unit);
        }

        return pieces;
    }

    /// <summary>The best cuts of a text, best first (unigram models). At most 1024; fewer where there are no more.</summary>
    /// <exception cref="InvalidOperationException">The model is not a unigram model.</exception>
    public IReadOnlyList<ScoredPieces> EncodeNBest(string text, int size)
    {
        ArgumentNullException.ThrowIfNull(text);
        return EncodeNBest(Encoding.UTF8.GetBytes(text), size);
    }

    /// <summary>The best cuts of a UTF-8 text, best first (unigram models). At most 1024; fewer where there are no more.</summary>
    /// <exception cref="InvalidOperationException">The model is not a unigram model.</exception>
    public IReadOnlyList<ScoredPieces> EncodeNBest(ReadOnlySpan<byte> utf8, int size) => _wholeText.NBest(utf8, size);

    /// <summary>How uncertain the cut of a text is: the entropy in nats of the distribution over cuts with probability proportional to
    /// exp(alpha · score).</summary>
    /// <exception cref="InvalidOperationException">The model is not a unigram model.</exception>
    public float Entropy(string text, float alpha)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _wholeText.Entropy(Encoding.UTF8.GetBytes(text), alpha);
    }

    /// <summary>A source of random cuts. Not safe for use from several threads at once; make one for each.</summary>
    /// <param name="seed">Equal seeds give equal cuts.</param>
    public PieceSampler CreateSampler(uint seed) => new(this, _wholeText, seed);

    /// <summary>
    /// A tokenizer that outputs only these pieces (and single characters, symbols and special pieces): the others become unused. For
    /// unigram and BPE models.
    /// </summary>
    /// <exception cref="InvalidOperationException">The model is a char or word model.</exception>
    public Tokenizer WithVocabulary(IEnumerable<string> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        return new Tokenizer(RestrictedVocabulary.Restrict(Model, pieces));
    }

    /// <summary>Reads a vocabulary for <see cref="WithVocabulary"/>: a piece a line, optionally a TAB and its count; rarer ones are left
    /// out.</summary>
    /// <exception cref="InvalidDataException">A line is empty or its count is not a number.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<string> ReadVocabulary(string path, int threshold) => RestrictedVocabulary.Read(path, threshold);

    /// <summary>Puts pieces together to text.</summary>
    /// <exception cref="ArgumentException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        if (Denormalizer is null && Strings.TryDecode(ids) is { } text) return text;
        var output = new ArrayBufferWriter<byte>(ids.Length * 4 + 16);
        Decode(ids, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Puts pieces together to UTF-8 text.</summary>
    /// <exception cref="ArgumentException">An id is not in the vocabulary.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled; some of the text may have been written.</exception>
    public void Decode(ReadOnlySpan<int> ids, IBufferWriter<byte> utf8, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        if (Denormalizer is not null)
        {
            var plain = new ArrayBufferWriter<byte>(ids.Length * 4 + 16);
            DecodeRaw(ids, plain, cancel);
            utf8.Write(Denormalizer.Normalize(plain.WrittenSpan, cancel));
        }
        else
        {
            DecodeRaw(ids, utf8, cancel);
        }
    }

    /// <summary>Puts pieces given as text together. A piece that is not in the vocabulary stands for itself.</summary>
    public string DecodePieces(IEnumerable<string> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var output = new ArrayBufferWriter<byte>(256);
        DecodePieces(pieces.Select(Encoding.UTF8.GetBytes), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Puts pieces given as UTF-8 together. A piece that is not in the vocabulary stands for itself, whatever its bytes.</summary>
    public void DecodePieces(IEnumerable<byte[]> pieces, IBufferWriter<byte> utf8)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentNullException.ThrowIfNull(utf8);
        ArrayBufferWriter<byte>? plain = Denormalizer is null ? null : new ArrayBufferWriter<byte>(256);
        var decoder = new PieceDecoder(DecodingTable);
        foreach (byte[] piece in pieces)
        {
            decoder.PushPiece(piece, _vocabulary.TryGetId(piece, out int id) ? id : _vocabulary.UnkId, plain ?? utf8);
        }

        decoder.Flush(plain ?? utf8);
        if (plain is not null)
        {
            utf8.Write(Denormalizer!.Normalize(plain.WrittenSpan));
        }
    }

    /// <summary>An encoder for a text that comes in parts.</summary>
    public StreamingEncoder CreateStreamingEncoder() => new(this);

    /// <summary>A decoder for ids that come one at a time.</summary>
    public StreamingDecoder CreateStreamingDecoder() => new(this);

    /// <summary>The text of piece <paramref name="id"/>; U+2581 stands for a space.</summary>
    /// <exception cref="ArgumentException">The id is not in the vocabulary.</exception>
    public string PieceOf(int id) => Encoding.UTF8.GetString(_vocabulary.BytesOf(Checked(id)));

    /// <summary>The text of piece <paramref name="id"/> in UTF-8; U+2581 stands for a space.</summary>
    /// <exception cref="ArgumentException">The id is not in the vocabulary.</exception>
    public ReadOnlySpan<byte> Utf8Of(int id) => _vocabulary.BytesOf(Checked(id));

    /// <summary>The number of a piece; the unknown piece's number where it is not in the vocabulary.</summary>
    public int IdOf(string piece) => TryGetId(piece, out int id) ? id : _vocabulary.UnkId;

    /// <summary>The number of a piece; false where it is not in the vocabulary.</summary>
    public bool TryGetId(string piece, out int id)
    {
        ArgumentNullException.ThrowIfNull(piece);
        return _vocabulary.TryGetId(Encoding.UTF8.GetBytes(piece), out id);
    }

    /// <summary>What piece <paramref name="id"/> is.</summary>
    /// <exception cref="ArgumentException">The id is not in the vocabulary.</exception>
    public PieceType TypeOf(int id) => _vocabulary.Types[Checked(id)];

    /// <summary>The score of piece <paramref name="id"/>.</summary>
    /// <exception cref="ArgumentException">The id is not in the vocabulary.</exception>
    public float ScoreOf(int id) => _vocabulary.Scores[Checked(id)];

    internal DecodingTable DecodingTable { get; }

    internal Normalizer? Denormalizer { get; }

    // Made when it is first asked for; two threads may make one each.
    private StringDecoder Strings => _strings ??= new StringDecoder(DecodingTable);

    internal PieceEncoder Encoder => _wholeText.Encoder;

    /// <summary>Cuts the next chunk of a text that comes in parts; see <see cref="WindowedEncoder.EncodeChunk"/>.</summary>
    internal void EncodeChunk(ref NormalizerProgress progress, ReadOnlySpan<byte> chunk, bool final, EncoderScratch scratch) =>
        _windowed.EncodeChunk(ref progress, chunk, final, scratch);

    private void DecodeRaw(ReadOnlySpan<int> ids, IBufferWriter<byte> output, CancellationToken cancel)
    {
        var decoder = new PieceDecoder(DecodingTable);
        while (!ids.IsEmpty)
        {
            cancel.ThrowIfCancellationRequested();
            int count = Math.Min(ids.Length, IdsBetweenStops);
            foreach (int id in ids[..count])
            {
                decoder.Push(id, output);
            }

            ids = ids[count..];
        }

        decoder.Flush(output);
    }

    private int SpecialId(string name, string fallback, PieceType type)
    {
        int id = IdOf(name.Length == 0 ? fallback : name);
        return _vocabulary.Types[id] == type ? id : -1;
    }

    private int Checked(int id)
    {
        int last = _vocabulary.Count - 1;
        return (uint)id <= (uint)last ? id : throw new ArgumentException($"Id {id} is not in the vocabulary; ids run from 0 to {last}.");
    }
}
