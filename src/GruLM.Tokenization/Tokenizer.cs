// The tokenizer people use: text to ids and back with a SentencePiece model. Encoding passes the text through a window (normalise a part,
// cut the part) so that one string of any length takes time in proportion and little memory. Training is TokenizerTrainer's work; n-best,
// sampling and the other special ways of encoding are in Tokenizer.Sampling.cs.
// Source: SentencePiece (Kudo & Richardson 2018); ids, offsets and texts are those of 0.1.97.
using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>Cuts text into the pieces of a SentencePiece model and puts pieces together again. Immutable and safe to use from several
/// threads.</summary>
public sealed partial class Tokenizer
{
    private const int WindowBytes = 1 << 14;
    private const int ChunkChars = 1 << 14;

    private readonly Vocabulary _vocabulary;
    private readonly PieceEncoder _encoder;
    private readonly ConcurrentBag<EncoderScratch> _pool = [];
    private readonly WeakReference<Tokenizer> _self;

    // A thread keeps what it encoded with last, so that its cache of words stays in its own core's caches; what that displaces goes back to
    // its owner.
    [ThreadStatic]
    private static EncoderScratch? s_mine;

    /// <summary>Makes a tokenizer from a model.</summary>
    /// <exception cref="InvalidDataException">The model's normalisation table is broken, or its specimen texts do not give the pieces it
    /// says.</exception>
    public Tokenizer(SentencePieceModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        _self = new WeakReference<Tokenizer>(this);
        _vocabulary = model.Vocabulary;
        TrainerSpec trainer = model.Proto.TrainerSpec ?? SentencePieceModel.DefaultTrainerSpec;
        Normalizer = new Normalizer(model.Proto.NormalizerSpec ?? new NormalizerSpec(), trainer.TreatWhitespaceAsSuffix,
            _vocabulary.UserDefinedSymbols());
        if (model.Proto.DenormalizerSpec is { } denormalizer && !denormalizer.PrecompiledCharsmap.IsEmpty)
        {
            Denormalizer = new Normalizer(denormalizer, whitespaceAsSuffix: false, null);
        }

        DecodingTable = new DecodingTable(model);
        _encoder = model.ModelType switch
        {
            ModelType.Bpe => new BpeEncoder(_vocabulary),
            ModelType.Char => new CharEncoder(_vocabulary),
            ModelType.Word => new WordEncoder(_vocabulary),
            _ => new UnigramEncoder(_vocabulary),
        };
        UnkId = SpecialId(trainer.UnkPiece, "<unk>", PieceType.Unknown);
        BosId = SpecialId(trainer.BosPiece, "<s>", PieceType.Control);
        EosId = SpecialId(trainer.EosPiece, "</s>", PieceType.Control);
        PadId = SpecialId(trainer.PadPiece, "<pad>", PieceType.Control);
        CheckSamples();
    }

    /// <summary>Reads a <c>.model</c> file.</summary>
    /// <exception cref="InvalidDataException">The file is not a SentencePiece model or is damaged; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
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

    /// <summary>Cuts a text. Lone surrogates count as U+FFFD.</summary>
    /// <returns>The ids.</returns>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>(text.Length / 3 + 8);
        Encode(text.AsSpan(), ids);
        return [.. ids];
    }

    /// <summary>Cuts a text and appends its ids. Lone surrogates count as U+FFFD. Takes time in proportion to the text and a small
    /// buffer.</summary>
    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        EncoderScratch scratch = Rent();
        scratch.Window.Reset(track: false);
        scratch.Sink.Reset(_vocabulary, scratch.Window, ids, null);
        var progress = new NormalizerProgress();
        int room = Math.Max(scratch.Input.Length, 3 * Math.Min(text.Length, ChunkChars) + 1024);
        if (scratch.Input.Length < room)
        {
            scratch.Input = new byte[room];
        }

        int held = 0;
        do
        {
            // A pair of surrogates is never parted between two chunks.
            int take = Math.Min(text.Length, ChunkChars);
            if (take < text.Length && char.IsHighSurrogate(text[take - 1]))
            {
                take--;
            }

            while (scratch.Input.Length < held + 3 * take)
            {
                Array.Resize(ref scratch.Input, scratch.Input.Length * 2);
            }

            int length = held + Encoding.UTF8.GetBytes(text[..take], scratch.Input.AsSpan(held));
            text = text[take..];
            EncodeChunk(ref progress, scratch.Input.AsSpan(0, length), text.IsEmpty, scratch);
            held = length - progress.Position;
            scratch.Input.AsSpan(progress.Position, held).CopyTo(scratch.Input);
            progress.ChunkOffset += progress.Position;
            progress.Position = 0;
        }
        while (!text.IsEmpty);
        Return(scratch);
    }

    /// <summary>Cuts UTF-8 text and appends its ids. Malformed bytes count as U+FFFD each. Takes time in proportion to the text and a small
    /// buffer.</summary>
    public void Encode(ReadOnlySpan<byte> utf8, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        EncoderScratch scratch = Rent();
        scratch.Window.Reset(track: false);
        scratch.Sink.Reset(_vocabulary, scratch.Window, ids, null);
        var progress = new NormalizerProgress();
        EncodeChunk(ref progress, utf8, final: true, scratch);
        Return(scratch);
    }

    /// <summary>Cuts UTF-8 text into pieces with their places in it, in bytes.</summary>
    public List<EncodedPiece> EncodePieces(ReadOnlySpan<byte> utf8)
    {
        var pieces = new List<EncodedPiece>();
        EncoderScratch scratch = Rent();
        scratch.Window.Reset(track: true);
        scratch.Sink.Reset(_vocabulary, scratch.Window, [], pieces);
        var progress = new NormalizerProgress();
        EncodeChunk(ref progress, utf8, final: true, scratch);
        Return(scratch);
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

    /// <summary>Puts pieces together to text.</summary>
    /// <exception cref="ArgumentException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var output = new ArrayBufferWriter<byte>(ids.Length * 4 + 16);
        Decode(ids, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Puts pieces together to UTF-8 text.</summary>
    /// <exception cref="ArgumentException">An id is not in the vocabulary.</exception>
    public void Decode(ReadOnlySpan<int> ids, IBufferWriter<byte> utf8)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        if (Denormalizer is not null)
        {
            var plain = new ArrayBufferWriter<byte>(ids.Length * 4 + 16);
            DecodeRaw(ids, plain);
            utf8.Write(Denormalizer.Normalize(plain.WrittenSpan));
        }
        else
        {
            DecodeRaw(ids, utf8);
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

    /// <summary>Reads a chunk of a text into the window and puts out what can be cut already; all of it with <paramref name="final"/>. What
    /// it leaves unread, from <c>progress.Position</c> on, must come first in the next chunk.</summary>
    internal void EncodeChunk(ref NormalizerProgress progress, ReadOnlySpan<byte> chunk, bool final, EncoderScratch scratch)
    {
        NormalizedText window = scratch.Window;
        ReadOnlySpan<byte> trailing = Normalizer.SpaceMark;
        if (window.Limit == 0)
        {
            window.Limit = _encoder.NeedsWholeText ? int.MaxValue : WindowBytes;
        }

        while (true)
        {
            Normalizer.Advance(ref progress, chunk, final, window, window.Limit);
            if (progress.Complete)
            {
                _encoder.Encode(window, window.Length, scratch.Sink, scratch);
                return;
            }

            if (window.Length < window.Limit)
            {
                return;
            }

            int cut = _encoder.LastCut(window.Bytes.AsSpan(0, window.Length), trailing);
            if (cut > 0)
            {
                _encoder.Encode(window, cut, scratch.Sink, scratch);
                window.Consume(cut);
                window.Limit = Math.Max(WindowBytes, window.Length * 2);
            }
            else
            {
                window.Limit = window.Limit > int.MaxValue / 2 ? int.MaxValue : window.Limit * 2;
            }
        }
    }

    private void DecodeRaw(ReadOnlySpan<int> ids, IBufferWriter<byte> output)
    {
        var decoder = new PieceDecoder(DecodingTable);
        foreach (int id in ids)
        {
            decoder.Push(id, output);
        }

        decoder.Flush(output);
    }

    private int SpecialId(string name, string fallback, PieceType type)
    {
        int id = IdOf(name.Length == 0 ? fallback : name);
        return _vocabulary.Types[id] == type ? id : -1;
    }

    private int Checked(int id) => (uint)id < (uint)_vocabulary.Count ? id
        : throw new ArgumentException($"Id {id} is not in the vocabulary; ids run from 0 to {_vocabulary.Count - 1}.");

    private void CheckSamples()
    {
        if (Model.Proto.SelfTestData is not { } data)
        {
            return;
        }

        foreach (SelfTestData.Types.Sample sample in data.Samples)
        {
            string got = string.Join(' ', EncodePieces(sample.Input.Span).Select(p => p.Text));
            if (got != sample.Expected.ToStringUtf8() && !ScoreTheSame(sample.Expected.ToStringUtf8(), got))
            {
                throw new InvalidDataException(
                    $"A specimen text of the model, '{sample.Input.ToStringUtf8()}', gives '{got}' but the model says '{sample.Expected.ToStringUtf8()}'.");
            }
        }
    }

    private EncoderScratch Rent()
    {
        EncoderScratch? scratch = s_mine;
        if (scratch is null || scratch.Owner != _self || scratch.InUse)
        {
            scratch = RentAnother(scratch);
        }

        scratch.InUse = true;
        scratch.Score = 0;
        return scratch;
    }

    private EncoderScratch RentAnother(EncoderScratch? mine)
    {
        if (!_pool.TryTake(out EncoderScratch? scratch))
        {
            scratch = new EncoderScratch { Owner = _self };
        }

        if (mine is { InUse: true })
        {
            return scratch;
        }

        s_mine = scratch;
        scratch.IsThreads = true;
        if (mine is not null)
        {
            mine.IsThreads = false;
            GiveBack(mine);
        }

        return scratch;
    }

    private static void Return(EncoderScratch scratch)
    {
        scratch.Sink.Release();
        scratch.Trim();
        scratch.InUse = false;
        if (!scratch.IsThreads)
        {
            GiveBack(scratch);
        }
    }

    private static void GiveBack(EncoderScratch scratch)
    {
        if (scratch.Owner is { } owner && owner.TryGetTarget(out Tokenizer? tokenizer) && tokenizer._pool.Count < 64)
        {
            tokenizer._pool.Add(scratch);
        }
    }
}
