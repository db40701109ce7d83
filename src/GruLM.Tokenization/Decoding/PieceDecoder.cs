// Turns ids back into bytes, one at a time, exactly as the reference does for a whole list: control pieces vanish, the unknown piece shows
// its surface, U+2581 becomes a space, runs of byte pieces are read as UTF-8 with U+FFFD for each bad byte. Batch and streaming decoding
// are this one state machine, so they cannot disagree.
// Source: SentencePiece's decoding, behaviour of 0.1.97 (the same in 0.2).
using System.Buffers;
using System.Buffers.Binary;

namespace GruLM.Tokenization;

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

    /// <summary>Takes it that the text has begun.</summary>
    public void SkipStart() => _pastStart = true;

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
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, _pending);
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
