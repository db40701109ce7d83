// The tokens that fit somewhere, as bits, and for each how many more it then takes: with few tokens left, only those fit that leave enough.

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GruLM.Generation;

/// <summary>Tokens that fit. Immutable once it is made.</summary>
internal sealed class TokenMask
{
    /// <summary>What does not fit at all; texts that take so many tokens are refused.</summary>
    public const ushort Unfit = ushort.MaxValue;

    private const int WordBits = 64;

    private readonly ulong[] _bits;
    private readonly ushort[] _least;
    private int _most;

    /// <summary>Nothing of a vocabulary.</summary>
    public TokenMask(int vocabSize)
    {
        _bits = new ulong[Words(vocabSize)];
        _least = new ushort[_bits.Length * WordBits];
        Array.Fill(_least, Unfit);
    }

    /// <summary>Bytes that a mask of a vocabulary takes.</summary>
    public static long Bytes(int vocabSize) => Words(vocabSize) * (sizeof(ulong) + (WordBits * sizeof(ushort)));

    /// <summary>Words of bits for a vocabulary.</summary>
    public static int Words(int vocabSize) => (vocabSize + WordBits - 1) / WordBits;

    /// <summary>Adds a token behind which it takes so many more.</summary>
    public void Add(int id, int least)
    {
        _bits[id / WordBits] |= 1ul << (id % WordBits);
        _least[id] = (ushort)least;
        _most = Math.Max(_most, least);
    }

    /// <summary>The tokens behind which it takes at most so many more: bit i is token i. May be written to <paramref name="scratch"/>,
    /// which has as many words.</summary>
    public ReadOnlySpan<ulong> Within(int left, ulong[] scratch)
    {
        if (left >= _most) return _bits;
        var limit = Vector128.Create((ushort)left);
        ReadOnlySpan<Vector128<ushort>> least = MemoryMarshal.Cast<ushort, Vector128<ushort>>(_least);
        Span<byte> bits = MemoryMarshal.AsBytes(scratch.AsSpan());
        for (int i = 0; i < bits.Length && i < least.Length; i++)
        {
            bits[i] = (byte)Vector128.LessThanOrEqual(least[i], limit).ExtractMostSignificantBits();
        }

        return scratch;
    }
}
