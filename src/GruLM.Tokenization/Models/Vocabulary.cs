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

    /// <summary>Checks and indexes the pieces.</summary>
    /// <exception cref="InvalidDataException">They contradict each other or the settings.</exception>
    public Vocabulary(ModelProto proto, string? source)
    {
        int count = proto.Pieces.Count;
        string name = SentencePieceModel.Name(source);
        if (count == 0)
        {
            throw new InvalidDataException($"{name} holds no pieces, so it is not a usable SentencePiece model.");
        }

        bool byteFallback = proto.TrainerSpec?.ByteFallback ?? false;
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
            ModelProto.Types.SentencePiece piece = proto.Pieces[id];
            ReadOnlySpan<byte> text = piece.Piece.Span;
            if (text.IsEmpty)
            {
                throw new InvalidDataException($"{name} is broken: piece {id} is empty.");
            }

            text.CopyTo(_bytes.AsSpan(_offsets[id]));
            _offsets[id + 1] = _offsets[id] + text.Length;
            Scores[id] = piece.Score;
            PieceType type = (PieceType)piece.Type is >= PieceType.Normal and <= PieceType.Byte ? (PieceType)piece.Type : PieceType.Normal;
            Types[id] = type;
            bool ordinary = type is PieceType.Normal or PieceType.UserDefined or PieceType.Unused;
            if (!(ordinary ? _ordinary : _reserved).TryAdd(text, id))
            {
                throw new InvalidDataException($"{name} is broken: piece {id}, '{Encoding.UTF8.GetString(text)}', is there twice.");
            }

            if (type == PieceType.Unknown)
            {
                if (UnkId >= 0)
                {
                    throw new InvalidDataException(
                        $"{name} is broken: pieces {UnkId} and {id} are both the unknown piece; exactly one must be.");
                }

                UnkId = id;
            }

            if (type == PieceType.Byte)
            {
                if (!byteFallback)
                {
                    throw new InvalidDataException(
                        $"{name} is broken: piece {id} is a byte piece, but the model does not use byte fallback.");
                }

                int value = ByteOf(text);
                if (value < 0)
                {
                    throw new InvalidDataException(
                        $"{name} is broken: piece {id}, '{Encoding.UTF8.GetString(text)}', is marked as a byte; expected a name like <0x0A>.");
                }

                ByteIds[value] = id;
                ByteValues ??= NewByteValues(count);
                ByteValues[id] = (short)value;
            }

            HasUnused |= type == PieceType.Unused;
        }

        if (UnkId < 0)
        {
            throw new InvalidDataException($"{name} is broken: no piece is the unknown piece; exactly one must be.");
        }

        if (byteFallback)
        {
            int missing = Array.IndexOf(ByteIds, -1);
            if (missing >= 0)
            {
                throw new InvalidDataException($"{name} is broken: it uses byte fallback but the byte piece <0x{missing:X2}> is missing.");
            }

            UsesByteFallback = true;
        }
    }

    /// <summary>The number of pieces.</summary>
    public int Count => Scores.Length;

    /// <summary>Scores by id.</summary>
    public float[] Scores { get; }

    /// <summary>Types by id.</summary>
    public PieceType[] Types { get; }

    /// <summary>The unknown piece.</summary>
    public int UnkId { get; } = -1;

    /// <summary>True where unknown text is spelled in bytes.</summary>
    public bool UsesByteFallback { get; }

    /// <summary>The ids of the 256 byte pieces, -1 where there is none.</summary>
    public int[] ByteIds { get; } = NewByteIds();

    /// <summary>For each id its byte, -1 for other pieces; null where there are no byte pieces.</summary>
    public short[]? ByteValues { get; }

    /// <summary>True where some piece may not be output.</summary>
    public bool HasUnused { get; }

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
