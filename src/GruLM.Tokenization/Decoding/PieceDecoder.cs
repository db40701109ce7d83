// Turns ids back into bytes, one at a time, exactly as the reference does for a whole list: control pieces vanish, the unknown piece shows
// its surface, U+2581 becomes a space, runs of byte pieces are read as UTF-8 with U+FFFD for each bad byte. Batch and streaming decoding
// are this one state machine, so they cannot disagree.
// Source: SentencePiece's decoding, behaviour of 0.1.97 (the same in 0.2).
using System.Buffers;

namespace GruLM.Tokenization;

/// <summary>What decoding needs to know of a model; shared and immutable.</summary>
internal sealed class DecodingTable
{
    private readonly byte[] _surfaces;
    private readonly int[] _offsets;
    private readonly bool[] _beginsWithSpace;

    /// <summary>Prepares every piece's surface.</summary>
    public DecodingTable(SentencePieceModel model)
    {
        Vocabulary = model.Vocabulary;
        StripsFirst = model.AddDummyPrefix || model.RemoveExtraWhitespaces;
        StripsAll = model.RemoveExtraWhitespaces;
        _offsets = new int[Vocabulary.Count + 1];
        _beginsWithSpace = new bool[Vocabulary.Count];
        var surfaces = new List<byte>();
        byte[] unknown = System.Text.Encoding.UTF8.GetBytes((model.Proto.TrainerSpec ?? SentencePieceModel.DefaultTrainerSpec).UnkSurface);
        for (int id = 0; id < Vocabulary.Count; id++)
        {
            switch (Vocabulary.Types[id])
            {
                case PieceType.Control:
                    break;
                case PieceType.Unknown:
                    surfaces.AddRange(unknown);
                    break;
                default:
                    ReadOnlySpan<byte> piece = Vocabulary.BytesOf(id);
                    _beginsWithSpace[id] = piece.StartsWith(Utf8Bytes.SpaceSymbol);
                    AddWithSpaces(piece, surfaces);
                    break;
            }

            _offsets[id + 1] = surfaces.Count;
        }

        _surfaces = [.. surfaces];
    }

    /// <summary>The pieces.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>True where a leading space symbol is dropped at the start of the text.</summary>
    public bool StripsFirst { get; }

    /// <summary>True where every leading space symbol is dropped, not only the first.</summary>
    public bool StripsAll { get; }

    /// <summary>A piece's text with spaces.</summary>
    public ReadOnlySpan<byte> SurfaceOf(int id) => _surfaces.AsSpan(_offsets[id], _offsets[id + 1] - _offsets[id]);

    /// <summary>True for text pieces that begin with U+2581.</summary>
    public bool BeginsWithSpace(int id) => _beginsWithSpace[id];

    /// <summary>Appends a piece's bytes with every U+2581 as a space.</summary>
    public static void AddWithSpaces(ReadOnlySpan<byte> piece, List<byte> output)
    {
        for (int i = 0; i < piece.Length;)
        {
            if (piece[i..].StartsWith(Utf8Bytes.SpaceSymbol))
            {
                output.Add((byte)' ');
                i += 3;
            }
            else
            {
                output.Add(piece[i++]);
            }
        }
    }
}

/// <summary>The state of one decoding.</summary>
internal struct PieceDecoder(DecodingTable table)
{
    private uint _pending;
    private int _pendingCount;
    private bool _spaceDropped;
    private bool _anyText;
    private bool _pastStart;

    /// <summary>Decodes one id.</summary>
    /// <exception cref="ArgumentException">The id is not in the vocabulary.</exception>
    public void Push(int id, IBufferWriter<byte> output)
    {
        Vocabulary vocabulary = table.Vocabulary;
        if ((uint)id >= (uint)vocabulary.Count)
        {
            throw new ArgumentException($"Id {id} is not in the vocabulary; ids run from 0 to {vocabulary.Count - 1}.");
        }

        if (vocabulary.Types[id] == PieceType.Byte)
        {
            PushByte((byte)vocabulary.ByteValues![id], output);
            return;
        }

        Flush(output);
        ReadOnlySpan<byte> surface = table.SurfaceOf(id);
        bool text = vocabulary.Types[id] is not (PieceType.Control or PieceType.Unknown);
        PushSurface(surface, text, text && table.BeginsWithSpace(id), output);
    }

    /// <summary>Decodes a piece that is given as text; <paramref name="id"/> is what it means.</summary>
    public void PushPiece(ReadOnlySpan<byte> piece, int id, IBufferWriter<byte> output)
    {
        Vocabulary vocabulary = table.Vocabulary;
        if (vocabulary.Types[id] != PieceType.Unknown || vocabulary.BytesOf(id).SequenceEqual(piece))
        {
            Push(id, output);
        }
        else
        {
            // Text outside the vocabulary stands for itself.
            Flush(output);
            PushSurface(piece, text: false, beginsWithSpace: false, output);
        }
    }

    /// <summary>Gives up on an unfinished character: each of its bytes becomes U+FFFD.</summary>
    public void Flush(IBufferWriter<byte> output)
    {
        for (; _pendingCount > 0; _pendingCount--)
        {
            Write(Utf8Bytes.Replacement, output);
        }

        _pending = 0;
    }

    private void PushSurface(ReadOnlySpan<byte> surface, bool text, bool beginsWithSpace, IBufferWriter<byte> output)
    {
        if (_spaceDropped || _anyText)
        {
            _pastStart = true;
        }

        _spaceDropped = false;
        if (text && !_pastStart && table.StripsFirst && beginsWithSpace)
        {
            surface = surface[1..];
            _spaceDropped = !table.StripsAll;
        }

        Write(surface, output);
    }

    private void PushByte(byte value, IBufferWriter<byte> output)
    {
        _pending |= (uint)value << (8 * _pendingCount);
        _pendingCount++;
        Span<byte> bytes = stackalloc byte[4];
        while (_pendingCount > 0)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bytes, _pending);
            ReadOnlySpan<byte> held = bytes[.._pendingCount];
            bool valid = Utf8Bytes.TryDecode(held, out _, out int length);
            if (!valid && Utf8Bytes.IsIncomplete(held))
            {
                return;
            }

            Write(valid ? held[..length] : Utf8Bytes.Replacement, output);
            _pending = length == 4 ? 0 : _pending >> (8 * length);
            _pendingCount -= length;
        }
    }

    private void Write(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        output.Write(bytes);
        _anyText = true;
    }
}
