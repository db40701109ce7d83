// The checked vocabulary that encoders and decoders share: pieces as bytes, their types and scores, and the two look-ups the format
// defines (reserved pieces before ordinary ones). Knows nothing about cutting text.
using System.Globalization;
using System.Text;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>The pieces of a model, checked and indexed.</summary>
internal sealed class Vocabulary
{
    private readonly ByteStringMap _ordinary;
    private readonly ByteStringMap _reserved = new();
    private readonly byte[] _bytes;
    private readonly int[] _offsets;
    // How messages call the model.
    private readonly string _modelName;

    /// <summary>Checks and indexes the pieces.</summary>
    /// <exception cref="InvalidDataException">They contradict each other or the settings.</exception>
    public Vocabulary(ModelProto proto, string? source)
    {
        int count = proto.Pieces.Count;
        _modelName = SentencePieceModel.Name(source);
        if (count == 0)
        {
            throw new InvalidDataException(
                $"{_modelName} holds no pieces, as an empty file does; name another file, or take a whole copy of it.");
        }

        UsesByteFallback = proto.TrainerSpec?.ByteFallback ?? false;
        Scores = new float[count];
        Types = new PieceType[count];
        _ordinary = new ByteStringMap(count);
        _offsets = new int[count + 1];
        long total = 0;
        foreach (ModelProto.Types.SentencePiece piece in proto.Pieces)
        {
            total += piece.Piece.Length;
        }

        _bytes = new byte[total];
        for (int id = 0; id < count; id++)
        {
            AddPiece(id, proto.Pieces[id]);
        }

        if (UnkId < 0)
        {
            throw Broken("no piece is the unknown piece; exactly one must be");
        }

        if (UsesByteFallback && Array.IndexOf(ByteIds, -1) is >= 0 and int missing)
        {
            throw Broken($"it uses byte fallback but the byte piece <0x{missing:X2}> is missing");
        }
    }

    /// <summary>The number of pieces.</summary>
    public int Count => Scores.Length;

    /// <summary>Scores by id.</summary>
    public float[] Scores { get; }

    /// <summary>Types by id.</summary>
    public PieceType[] Types { get; }

    /// <summary>The unknown piece.</summary>
    public int UnkId { get; private set; } = -1;

    /// <summary>True where unknown text is spelled in bytes.</summary>
    public bool UsesByteFallback { get; }

    /// <summary>The ids of the 256 byte pieces, -1 where there is none.</summary>
    public int[] ByteIds { get; } = NewByteIds();

    /// <summary>For each id its byte, -1 for other pieces; null where there are no byte pieces.</summary>
    public short[]? ByteValues { get; private set; }

    /// <summary>True where some piece may not be output.</summary>
    public bool HasUnused { get; private set; }

    /// <summary>A piece's text.</summary>
    public ReadOnlySpan<byte> BytesOf(int id) => _bytes.AsSpan(_offsets[id], _offsets[id + 1] - _offsets[id]);

    /// <summary>True for pieces that text can produce.</summary>
    public bool IsOrdinary(int id) => Types[id] is PieceType.Normal or PieceType.UserDefined or PieceType.Unused;

    /// <summary>Finds a piece: reserved ones (control, unknown, bytes) before ordinary ones of the same text.</summary>
    public bool TryGetId(ReadOnlySpan<byte> piece, out int id) => _reserved.TryGet(piece, out id) || _ordinary.TryGet(piece, out id);

    /// <summary>Finds an ordinary piece.</summary>
    public bool TryGetOrdinary(ReadOnlySpan<byte> piece, out int id) => _ordinary.TryGet(piece, out id);

    /// <summary>Finds a reserved piece.</summary>
    public bool TryGetReserved(ReadOnlySpan<byte> piece, out int id) => _reserved.TryGet(piece, out id);

    /// <summary>The texts of the user-defined symbols.</summary>
    public IEnumerable<byte[]> UserDefinedSymbols()
    {
        for (int id = 0; id < Count; id++)
        {
            if (Types[id] == PieceType.UserDefined)
            {
                yield return BytesOf(id).ToArray();
            }
        }
    }

    /// <summary>The name of a byte piece.</summary>
    public static string ByteName(int value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    /// <summary>The byte a byte piece's name stands for, -1 where it is no such name.</summary>
    public static int ByteOf(ReadOnlySpan<byte> name)
    {
        if (name.Length != 6 || !name.StartsWith("<0x"u8) || name[5] != (byte)'>')
        {
            return -1;
        }

        int high = Hex(name[3]), low = Hex(name[4]);
        return high < 0 || low < 0 ? -1 : high * 16 + low;

        static int Hex(byte c) => c is >= (byte)'0' and <= (byte)'9' ? c - '0' : c is >= (byte)'A' and <= (byte)'F' ? c - 'A' + 10 : -1;
    }

    private void AddPiece(int id, ModelProto.Types.SentencePiece piece)
    {
        ReadOnlySpan<byte> text = piece.Piece.Span;
        if (text.IsEmpty)
        {
            throw Broken($"piece {id} is empty");
        }

        text.CopyTo(_bytes.AsSpan(_offsets[id]));
        _offsets[id + 1] = _offsets[id] + text.Length;
        Scores[id] = piece.Score;
        var type = (PieceType)piece.Type;
        if (type is < PieceType.Normal or > PieceType.Byte)
        {
            type = PieceType.Normal;
        }

        Types[id] = type;
        if (!(IsOrdinary(id) ? _ordinary : _reserved).TryAdd(text, id))
        {
            string shown = Encoding.UTF8.GetString(text);
            throw Broken($"piece {id}, '{shown}', is there twice");
        }

        switch (type)
        {
            case PieceType.Unknown:
                AddUnknown(id);
                break;
            case PieceType.Byte:
                AddByte(id, text);
                break;
            case PieceType.Unused:
                HasUnused = true;
                break;
        }
    }

    private void AddUnknown(int id)
    {
        if (UnkId >= 0)
        {
            throw Broken($"pieces {UnkId} and {id} are both the unknown piece; exactly one must be");
        }

        UnkId = id;
    }

    private void AddByte(int id, ReadOnlySpan<byte> text)
    {
        if (!UsesByteFallback)
        {
            throw Broken($"piece {id} is a byte piece, but the model does not use byte fallback");
        }

        int value = ByteOf(text);
        if (value < 0)
        {
            string shown = Encoding.UTF8.GetString(text);
            throw Broken($"piece {id}, '{shown}', is marked as a byte; expected a name like <0x0A>");
        }

        ByteIds[value] = id;
        ByteValues ??= NewByteValues(Count);
        ByteValues[id] = (short)value;
    }

    private InvalidDataException Broken(string reason) => new($"{_modelName} is broken: {reason}.");

    private static int[] NewByteIds()
    {
        int[] ids = new int[256];
        Array.Fill(ids, -1);
        return ids;
    }

    private static short[] NewByteValues(int count)
    {
        short[] values = new short[count];
        Array.Fill(values, (short)-1);
        return values;
    }
}
