// The 32-bit Mersenne Twister with the draws that libstdc++ builds on it, because sampling a corpus must pick the sentences the reference
// picks. Not for anything secret.
// Source: Matsumoto & Nishimura 1998; Lemire 2019 for the bounded draw, as in libstdc++ 11 and later.
namespace GruLM.Tokenization;

/// <summary>mt19937.</summary>
internal sealed class MersenneTwister
{
    private const int Size = 624, Shift = 397;
    private readonly uint[] _state = new uint[Size];
    private int _index = Size;

    /// <summary>Seeds the generator.</summary>
    public MersenneTwister(uint seed)
    {
        _state[0] = seed;
        for (uint i = 1; i < Size; i++)
        {
            _state[i] = 1812433253u * (_state[i - 1] ^ (_state[i - 1] >> 30)) + i;
        }
    }

    /// <summary>The next 32 bits.</summary>
    public uint Next()
    {
        if (_index == Size)
        {
            Refill();
        }

        uint y = _state[_index++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >> 18);
    }

    /// <summary>A uniform number below <paramref name="bound"/>, as std::uniform_int_distribution draws it.</summary>
    public uint Below(uint bound)
    {
        ulong product = (ulong)Next() * bound;
        if ((uint)product < bound)
        {
            uint threshold = (0u - bound) % bound;
            while ((uint)product < threshold)
            {
                product = (ulong)Next() * bound;
            }
        }

        return (uint)(product >> 32);
    }

    /// <summary>A uniform number in [0, 1), as std::generate_canonical draws it: two words, the low one first.</summary>
    public double NextDouble()
    {
        double low = Next();
        double value = (low + Next() * 4294967296.0) / 18446744073709551616.0;
        return value >= 1 ? Math.BitDecrement(1.0) : value;
    }

    /// <summary>A uniform number in [0, 1) in single precision, as std::generate_canonical draws it.</summary>
    public float NextSingle()
    {
        float value = (float)Next() / 4294967296f;
        return value >= 1 ? MathF.BitDecrement(1f) : value;
    }

    private void Refill()
    {
        for (int i = 0; i < Size; i++)
        {
            uint y = (_state[i] & 0x80000000) | (_state[(i + 1) % Size] & 0x7FFFFFFF);
            _state[i] = _state[(i + Shift) % Size] ^ (y >> 1) ^ ((y & 1) != 0 ? 0x9908B0DFu : 0);
        }

        _index = 0;
    }
}
