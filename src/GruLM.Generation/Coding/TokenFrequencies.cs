// From a model's scores to whole numbers in the proportions of their soft-max, with sums over blocks beside them, so that the part of the
// total before a token, and the token at a part of the total, are found in no time. docs/compression.md defines the operations: a
// subtraction, ExactMath's exponential, a multiplication by a power of two and rounding towards zero have the same bits everywhere, and
// sums of whole numbers are exact in any order.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Generation;

/// <summary>Frequencies of the tokens of a vocabulary, for <see cref="RangeEncoder"/> and <see cref="RangeDecoder"/>. No allocation once it
/// has seen a vocabulary of that size. Not thread-safe.</summary>
public sealed unsafe class TokenFrequencies
{
    // The likeliest token has this and one.
    private const float Scale = 1 << 30;

    // Tokens in a block: four vectors of 512 bits, or as many more as are shorter.
    private const int Block = 64;

    private readonly KernelPath _path;

    // Of each token one less than its frequency, so that those that are next to impossible are 0; zeros fill the last block.
    private int[] _weights = [];

    // What stands before each block, and behind the last.
    private ulong[] _before = [];
    private int _count;

    /// <summary>Buffers that grow with the vocabulary.</summary>
    public TokenFrequencies()
        : this(KernelChoice.Default())
    {
    }

    /// <summary>The same, computed on a path of this machine; the frequencies are the same on all.</summary>
    public TokenFrequencies(KernelPath path) => _path = path;

    /// <summary>The sum of all frequencies, which is at most <see cref="RangeEncoder.MostTotal"/>.</summary>
    public ulong Total { get; private set; }

    /// <summary>Takes the frequencies from raw scores [V]: 1 + e^(score − largest score) · 2^30, rounded down.</summary>
    /// <exception cref="InvalidDataException">A score is NaN or positive infinity, or none is finite.</exception>
    public void Set(ReadOnlySpan<float> scores)
    {
        _count = scores.Length;
        int blocks = (_count + Block - 1) / Block;
        if (_weights.Length != blocks * Block)
        {
            _weights = new int[blocks * Block];
            _before = new ulong[blocks + 1];
        }

        fixed (float* source = scores)
        fixed (int* weights = _weights)
        {
            float most = KernelDispatch.Run<MostWork, float>(_path, new(source, _count));
            if (!float.IsFinite(most)) throw FiniteNumbers.Scores();
            KernelDispatch.Run<WeighWork, int>(_path, new(source, _count, most, weights));
            AddBlocks(weights, blocks);
        }

        Total = _before[blocks] + (ulong)_count;
    }

    /// <summary>The frequency of token <paramref name="id"/>.</summary>
    public ulong Of(int id) => (ulong)_weights[id] + 1;

    /// <summary>The sum of the frequencies of all tokens before <paramref name="id"/>, which may be V.</summary>
    public ulong Before(int id)
    {
        int block = id / Block;
        ulong before = _before[block] + (ulong)id;
        foreach (int weight in _weights.AsSpan(block * Block, id % Block)) before += (ulong)weight;
        return before;
    }

    /// <summary>The token whose part of the total <paramref name="place"/>, a number below it, lies in.</summary>
    /// <param name="place">A number from 0 to one less than the total.</param>
    /// <param name="before">The sum of the frequencies of all tokens before it.</param>
    public int Find(ulong place, out ulong before)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place, Total);
        (int low, int high) = (0, _before.Length - 1);
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (_before[middle] + ((ulong)middle * Block) <= place) low = middle;
            else high = middle;
        }

        int id = low * Block;
        before = _before[low] + (ulong)id;
        for (ulong next; (next = before + (ulong)_weights[id] + 1) <= place; id++) before = next;
        return id;
    }

    // Weights are at most 2^30 and a rounding: two of them fit into 32 bits.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddBlocks(int* weights, int blocks)
    {
        const int Width = 8;
        ulong sum = 0;
        for (int b = 0; b < blocks; b++, weights += Block)
        {
            _before[b] = sum;
            Vector256<ulong> all = Vector256<ulong>.Zero;
            for (int i = 0; i < Block; i += 2 * Width)
            {
                Vector256<uint> two = Vector256.Load((uint*)weights + i) + Vector256.Load((uint*)weights + i + Width);
                all += Vector256.WidenLower(two) + Vector256.WidenUpper(two);
            }

            sum += Vector256.Sum(all);
        }

        _before[blocks] = sum;
    }

    // The largest score; NaN where one is not a number, or +∞.
    private readonly struct MostWork(float* scores, int count) : ISimdWork<float>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public float Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V infinity = S.Splat(float.PositiveInfinity), one = S.Splat(1f), wrong = S.Zero;
            V a = S.Splat(float.NegativeInfinity), b = a;
            int i = 0;
            for (; i + (2 * S.Width) <= count; i += 2 * S.Width)
            {
                V x = S.Load(scores + i), y = S.Load(scores + i + S.Width);
                wrong = S.SelectLess(y, infinity, S.SelectLess(x, infinity, wrong, one), one);
                (a, b) = (S.Max(a, x), S.Max(b, y));
            }

            float most = S.MaxLane(S.Max(a, b));
            bool right = S.MaxLane(wrong) == 0;
            for (; i < count; i++)
            {
                right &= scores[i] < float.PositiveInfinity;
                most = scores[i] > most ? scores[i] : most;
            }

            return right ? most : float.NaN;
        }
    }

    private readonly struct WeighWork(float* scores, int count, float most, int* weights) : ISimdWork<int>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V largest = S.Splat(most), scale = S.Splat(Scale);
            int i = 0;
            for (; i + S.Width <= count; i += S.Width)
            {
                S.StoreWhole(weights + i, S.Multiply(ExactMath<S, V>.Exp(S.Subtract(S.Load(scores + i), largest)), scale));
            }

            for (; i < count; i++) weights[i] = (int)(ExactMath<Simd1, float>.Exp(scores[i] - most) * Scale);
            return count;
        }
    }
}
