// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011).
// A value is a pure function of (seed, purpose, step, lane), so results do not depend on the number of threads
// and resuming needs no generator state.

using System.Numerics;

namespace GruLM.Kernels;

/// <summary>A stateless stream of random numbers: every draw names its step and lane.</summary>
internal readonly struct Philox
{
    private const uint FeistelRounds = 6;

    // Bits: with fewer, few permutations of a handful of numbers could come up.
    private const int SmallestHalf = 4;

    private readonly uint _key0;
    private readonly uint _key1;

    /// <summary>The stream of <paramref name="seed"/> for one purpose.</summary>
    public Philox(ulong seed, RandomPurpose purpose)
    {
        _key0 = (uint)seed;
        _key1 = (uint)(seed >> 32) ^ ((uint)purpose * 0x9E3779B9u);
    }

    /// <summary>The key that the ten rounds begin with.</summary>
    public (uint Key0, uint Key1) Key => (_key0, _key1);

    /// <summary>Four independent uniform 32-bit words for one (step, lane).</summary>
    public (uint X0, uint X1, uint X2, uint X3) Words(ulong step, ulong lane) =>
        Rounds((uint)lane, (uint)(lane >> 32), (uint)step, (uint)(step >> 32), _key0, _key1);

    /// <summary>The ten rounds of Philox4x32 on a counter and a key.</summary>
    internal static (uint X0, uint X1, uint X2, uint X3) Rounds(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = (ulong)0xD2511F53u * c0;
            ulong p1 = (ulong)0xCD9E8D57u * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>One uniform number in [0, 1) with 53 random bits.</summary>
    public double Uniform(ulong step, ulong lane)
    {
        (uint x0, uint x1, uint _, uint _) = Words(step, lane);
        return ((((ulong)x0 << 32) | x1) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>One standard normal number (Box–Muller).</summary>
    public double Normal(ulong step, ulong lane)
    {
        (uint x0, uint x1, uint x2, uint x3) = Words(step, lane);
        double u = (((((ulong)x0 << 32) | x1) >> 11) + 1) * (1.0 / (1UL << 53));
        double v = ((((ulong)x2 << 32) | x3) >> 11) * (1.0 / (1UL << 53));
        return Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * v);
    }

    /// <summary>A uniform integer in [0, <paramref name="bound"/>), unbiased to 2^-64.</summary>
    public int Below(int bound, ulong step, ulong lane)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        (uint x0, uint x1, uint _, uint _) = Words(step, lane);
        return (int)Math.BigMul(((ulong)x0 << 32) | x1, (ulong)bound, out _);
    }

    /// <summary>The number at <paramref name="place"/> of the permutation of 0 … <paramref name="count"/> − 1 that belongs to
    /// <paramref name="step"/>, computed alone: a Feistel network over the next larger square power of two, walked until it stays below
    /// <paramref name="count"/> (Black and Rogaway 2002).</summary>
    public int Shuffled(int place, int count, ulong step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(place);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place, count);
        int half = Math.Max(SmallestHalf, (BitOperations.Log2((uint)count) / 2) + 1);
        uint mask = (1u << half) - 1, value = (uint)place;
        do
        {
            uint left = value >> half, right = value & mask;
            for (uint round = 0; round < FeistelRounds; round++)
            {
                (left, right) = (right, left ^ (Words(step, ((ulong)round << 32) | right).X0 & mask));
            }

            value = (left << half) | right;
        }
        while (value >= (uint)count);
        return (int)value;
    }
}
