// Reads what RangeEncoder.cs has written. What was damaged gives other symbols, but never an error: whoever reads needs a checksum.

namespace GruLM.Generation;

/// <summary>Reads symbols by their frequencies. Not thread-safe.</summary>
public sealed class RangeDecoder
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private int _next;
    private ulong _code, _range = ulong.MaxValue;

    /// <summary>Reads <paramref name="bytes"/>, behind which there are zeros.</summary>
    public RangeDecoder(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        for (int i = 0; i < sizeof(ulong); i++) _code = (_code << 8) | Next();
    }

    /// <summary>A number below <paramref name="total"/> that lies in the next symbol's part of it; <see cref="Remove"/> must
    /// follow.</summary>
    /// <exception cref="ArgumentException">The total is 0 or above <see cref="RangeEncoder.MostTotal"/>.</exception>
    public ulong Find(ulong total) => total - 1 < RangeEncoder.MostTotal
        ? Math.Min(_code / (_range / total), total - 1)
        : throw new ArgumentException($"a total is from 1 to {RangeEncoder.MostTotal}, and this is {total}");

    /// <summary>Takes the symbol away that <see cref="Find"/> has found, by its part of the same total.</summary>
    /// <exception cref="ArgumentException">There is no such part.</exception>
    public void Remove(ulong before, ulong frequency, ulong total)
    {
        if (total > RangeEncoder.MostTotal || frequency == 0 || before >= total || frequency > total - before)
        {
            throw new ArgumentException($"{before} and {frequency} are no part of {total}");
        }

        ulong unit = _range / total;
        _code -= unit * before;
        _range = unit * frequency;
        while (_range < RangeEncoder.LeastRange)
        {
            _code = (_code << 8) | Next();
            _range <<= 8;
        }
    }

    /// <summary>Reads one of <paramref name="count"/> symbols that are equally likely.</summary>
    /// <exception cref="ArgumentException">The count is 0 or above <see cref="RangeEncoder.MostTotal"/>.</exception>
    public ulong DecodeUniform(ulong count)
    {
        ulong symbol = Find(count);
        Remove(symbol, 1, count);
        return symbol;
    }

    private byte Next() => _next < _bytes.Length ? _bytes.Span[_next++] : (byte)0;
}
