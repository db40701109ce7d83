// The text of a file in UTF-16 or UTF-32 as UTF-8, a portion at a time. What is no character there becomes U+FFFD, as it does in UTF-8.

using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace GruLM.Corpus;

/// <summary>Reads a text, which begins with the mark of its encoding, as UTF-8 without it.</summary>
internal sealed class DecodedText(Stream source, WideEncoding encoding) : ReadOnlyStream
{
    private const int PortionBytes = 1 << 16;

    // Bytes as they were read, and how many of a unit that is not whole were left over.
    private readonly byte[] _raw = new byte[PortionBytes];
    private int _held;

    // Units as UTF-16, and whether the first half of a pair was left over.
    private readonly char[] _units = new char[(PortionBytes / 2) + 1];
    private int _pending;

    // UTF-8, and how much of it has been read.
    private readonly byte[] _text = new byte[3 * ((PortionBytes / 2) + 2)];
    private int _length;
    private int _given;
    private bool _ended;

    // Whether the mark at the beginning was passed over.
    private bool _begun;

    public override bool CanRead => source.CanRead;

    /// <summary>The encoding.</summary>
    public WideEncoding Encoding => encoding;

    /// <summary>Characters that were none, and became U+FFFD.</summary>
    public long Broken { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        while (_given == _length && !_ended)
        {
            (_given, _length) = (0, 0);
            Decode();
        }

        return Give(_text.AsSpan(0, _length), ref _given, buffer);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) source.Dispose();
        base.Dispose(disposing);
    }

    private void Decode()
    {
        int read = source.Read(_raw.AsSpan(_held));
        _ended = read == 0;
        _held += read;
        int whole = _held - (_held % encoding.UnitBytes);
        ReadOnlySpan<byte> units = _raw.AsSpan(0, whole);
        if (!_begun && units.Length > 0)
        {
            _begun = true;
            units = units[encoding.UnitBytes..];
        }

        int count = _pending + (encoding.UnitBytes == 2 ? Widen(units, _units.AsSpan(_pending)) : Split(units, _units.AsSpan(_pending)));
        _raw.AsSpan(whole, _held - whole).CopyTo(_raw);
        _held -= whole;
        Encode(_units.AsSpan(0, count));
        if (_ended && _held > 0) AddBroken();
    }

    // UTF-16 as it stands in memory here.
    private int Widen(ReadOnlySpan<byte> bytes, Span<char> units)
    {
        Span<ushort> numbers = MemoryMarshal.Cast<char, ushort>(units)[..(bytes.Length / 2)];
        bytes.CopyTo(MemoryMarshal.AsBytes(numbers));
        if (encoding.IsBigEndian == BitConverter.IsLittleEndian) BinaryPrimitives.ReverseEndianness(numbers, numbers);
        return numbers.Length;
    }

    // UTF-32 as UTF-16.
    private int Split(ReadOnlySpan<byte> bytes, Span<char> units)
    {
        int count = 0;
        for (; bytes.Length > 0; bytes = bytes[4..])
        {
            uint number = encoding.IsBigEndian
                ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
                : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            if (!Rune.TryCreate(number, out Rune rune))
            {
                Broken++;
                rune = Rune.ReplacementChar;
            }

            count += rune.EncodeToUtf16(units[count..]);
        }

        return count;
    }

    private void Encode(Span<char> units)
    {
        while (true)
        {
            OperationStatus status = Utf8.FromUtf16(
                units, _text.AsSpan(_length), out int read, out int written, replaceInvalidSequences: false, isFinalBlock: _ended);
            _length += written;
            units = units[read..];
            if (status != OperationStatus.InvalidData) break;
            AddBroken();
            units = units[1..];
        }

        units.CopyTo(_units);
        _pending = units.Length;
    }

    private void AddBroken()
    {
        Broken++;
        _length += Rune.ReplacementChar.EncodeToUtf8(_text.AsSpan(_length));
    }
}
