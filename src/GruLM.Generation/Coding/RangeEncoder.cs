// A range coder: whole numbers by their frequencies, each in as many bits as its share of the total is worth. Integer arithmetic alone, so
// that all machines write the same bytes. A carry runs back into the bytes that were written.
// Source: Martin 1979; docs/compression.md defines each operation.

namespace GruLM.Generation;

/// <summary>Writes symbols by their frequencies. Not thread-safe.</summary>
public sealed class RangeEncoder
{
    /// <summary>The largest total of frequencies.</summary>
    public const ulong MostTotal = 1UL << 53;

    /// <summary>The range is at least this whenever a symbol is coded.</summary>
    internal const ulong LeastRange = 1UL << 56;

    private const int ByteShift = 56;

    private byte[] _bytes = new byte[256];
    private int _count;
    private ulong _low, _range = ulong.MaxValue;

    /// <summary>Writes a symbol with <paramref name="frequency"/> out of <paramref name="total"/>, which follows on symbols with
    /// <paramref name="before"/> in all.</summary>
    /// <exception cref="ArgumentException">There is no such part of the total, or the total is above <see cref="MostTotal"/>.</exception>
    public void Encode(ulong before, ulong frequency, ulong total)
    {
        if (total > MostTotal || frequency == 0 || before >= total || frequency > total - before)
        {
            throw new ArgumentException($"{before} and {frequency} are no part of {total}");
        }

        ulong unit = _range / total, add = unit * before;
        _low += add;
        if (_low < add) Carry();
        _range = unit * frequency;
        while (_range < LeastRange)
        {
            Append((byte)(_low >> ByteShift));
            _low <<= 8;
            _range <<= 8;
        }
    }

    /// <summary>Writes one of <paramref name="count"/> symbols that are equally likely.</summary>
    /// <exception cref="ArgumentException">There is no such symbol, or there are more than <see cref="MostTotal"/>.</exception>
    public void EncodeUniform(ulong symbol, ulong count) => Encode(symbol, 1, count);

    /// <summary>Ends the code and begins a new one. The bytes are valid until the next symbol; behind them zeros may be read.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        // The number with the fewest bytes in the range.
        for (int bytes = 0; bytes <= sizeof(ulong); bytes++)
        {
            ulong rest = bytes == sizeof(ulong) ? 0 : ulong.MaxValue >> (8 * bytes), number = (_low + rest) & ~rest;
            if (number - _low >= _range) continue;
            if (number < _low) Carry();
            for (int i = 0; i < bytes; i++) Append((byte)(number >> (ByteShift - (8 * i))));
            break;
        }

        int count = _count;
        while (count > 0 && _bytes[count - 1] == 0) count--;
        (_count, _low, _range) = (0, 0, ulong.MaxValue);
        return _bytes.AsSpan(0, count);
    }

    private void Append(byte value)
    {
        if (_count == _bytes.Length) Array.Resize(ref _bytes, 2 * _count);
        _bytes[_count++] = value;
    }

    // The code is below one, so that there is always a byte that can grow.
    private void Carry()
    {
        int i = _count - 1;
        while (++_bytes[i] == 0) i--;
    }
}
