// How much of a mixture its second part gets: the share of it that would have predicted best so far, in 65536ths.

namespace GruLM.Compression;

/// <summary>A share that learns. Not thread-safe.</summary>
internal struct MixtureWeight(int share)
{
    /// <summary>A whole, in these units.</summary>
    public const int Whole = 1 << 16;

    private const int Least = Whole / 1024, Most = Whole - (Whole / 16);
    private const int FirstRate = 8, LastRate = 256;

    private int _share = share;
    private int _rate = FirstRate;

    /// <summary>What is to be added to <paramref name="total"/> for a second part of this share.</summary>
    public readonly ulong Beside(ulong total) => total / (ulong)(Whole - _share) * (ulong)_share;

    /// <summary>Learns from a symbol, of whose frequency <paramref name="all"/> the second part has given <paramref name="own"/>.</summary>
    public void Learn(ulong own, ulong all)
    {
        // Without overflow: frequencies have up to 53 bits.
        ulong part = all < 1UL << 47 ? (own << 16) / all : own / (all >> 16);
        int target = (int)Math.Min(part, Whole);
        _share = Math.Clamp(_share + ((target - _share) / _rate), Least, Most);
        if (_rate < LastRate) _rate++;
    }
}
