// The loops over scores, each written once for every vector width; what they compute has the same bits on all of them. Rows are filled up
// with negative infinity (ScoreRow.cs). docs/sampling.md defines the sums.

using System.Numerics;
using GruLM.Kernels;

namespace GruLM.Generation;

/// <summary>Loops over rows of scores, with the vectors of a kernel path. Thread-safe: it has no state.</summary>
internal static unsafe class ScoreLoops
{
    /// <summary>Differences to the best score below this weigh nothing: e^−87 is about the least normal float.</summary>
    public const float Nothing = -87;

    /// <summary>Lanes of a sum.</summary>
    public const int Lanes = 16;

    /// <summary>Copies scores; the answer is whether all are numbers below positive infinity.</summary>
    public static bool Copy(KernelPath path, ReadOnlySpan<float> scores, ScoreRow row)
    {
        fixed (float* source = scores)
        fixed (float* destination = row)
        {
            return KernelDispatch.Run<CopyWork, bool>(path, new(source, destination, scores.Length));
        }
    }

    /// <summary>Puts negative infinity in the place of every score whose bit is not set.</summary>
    public static void Keep(KernelPath path, ScoreRow row, int count, ReadOnlySpan<ulong> bits)
    {
        fixed (float* scores = row)
        fixed (ulong* words = bits)
        {
            KernelDispatch.Run<KeepWork, int>(path, new(scores, count, words));
        }
    }

    /// <summary>The largest of the first <paramref name="count"/>.</summary>
    public static float Max(KernelPath path, ScoreRow row, int count)
    {
        fixed (float* scores = row) return KernelDispatch.Run<MaxWork, float>(path, new(scores, ScoreRow.InLanes(count)));
    }

    /// <summary>The weights e^(score − max), 0 for those below <see cref="Nothing"/>; weight i is added to lane i modulo 16.</summary>
    public static void Weigh(KernelPath path, ScoreRow row, int count, float max, ScoreRow weights, Span<float> lanes)
    {
        lanes.Clear();
        fixed (float* scores = row, to = weights, sums = lanes)
        {
            KernelDispatch.Run<WeighWork, int>(path, new(scores, ScoreRow.InLanes(count), max, to, sums));
        }
    }

    /// <summary>The sum of the lanes, folded by halves; they are overwritten.</summary>
    public static float Fold(Span<float> lanes)
    {
        fixed (float* sums = lanes) return OrderedSum<Simd1, float>.Fold(sums);
    }

    /// <summary>The surprises <paramref name="logTotal"/> − (score − max), in nats, and their products with the weights, which are added to
    /// the lanes.</summary>
    public static void Surprise(
        KernelPath path, ScoreRow row, int count, float max, float logTotal, ScoreRow weights, ScoreRow surprises, Span<float> lanes)
    {
        lanes.Clear();
        fixed (float* scores = row, weighed = weights, to = surprises, sums = lanes)
        {
            KernelDispatch.Run<SurpriseWork, int>(path, new(scores, ScoreRow.InLanes(count), max, logTotal, weighed, to, sums));
        }
    }

    /// <summary>Puts −|number − <paramref name="center"/>| in the place of every number.</summary>
    public static void Near(KernelPath path, ScoreRow row, int count, float center)
    {
        fixed (float* numbers = row) KernelDispatch.Run<NearWork, int>(path, new(numbers, ScoreRow.InLanes(count), center));
    }

    /// <summary>Takes <paramref name="best"/> from every score and divides by the temperature.</summary>
    public static void Divide(KernelPath path, ScoreRow row, int count, float best, float temperature)
    {
        fixed (float* scores = row) KernelDispatch.Run<DivideWork, int>(path, new(scores, ScoreRow.InLanes(count), best, temperature));
    }

    /// <summary>The places whose numbers are at least <paramref name="least"/>, which is above negative infinity, in ascending order; the
    /// answer is how many. There is room for all.</summary>
    public static int Collect(KernelPath path, ScoreRow row, int count, float least, int[] places)
    {
        fixed (float* numbers = row)
        fixed (int* to = places)
        {
            return KernelDispatch.Run<CollectWork, int>(path, new(numbers, ScoreRow.InLanes(count), least, to));
        }
    }

    /// <summary>Puts the largest of the numbers i, i + groups, i + 2 · groups … into group i; groups are a multiple of
    /// <see cref="ScoreRow.Block"/>, no more than there are numbers, filling included.</summary>
    public static void Maxima(KernelPath path, ScoreRow row, int count, ScoreRow groups, int groupCount)
    {
        fixed (float* numbers = row, to = groups)
        {
            KernelDispatch.Run<MaximaWork, int>(path, new(numbers, ScoreRow.Padded(count), to, groupCount));
        }
    }

    /// <summary>How many of the first <paramref name="count"/>, a multiple of 16, are at least <paramref name="least"/>.</summary>
    public static int CountFrom(KernelPath path, ScoreRow row, int count, float least)
    {
        fixed (float* numbers = row) return KernelDispatch.Run<CountWork, int>(path, new(numbers, count, least));
    }

    private readonly struct CopyWork(float* source, float* destination, int count) : ISimdWork<bool>
    {
        public bool Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V infinity = S.Splat(float.PositiveInfinity), one = S.Splat(1f), wrong = S.Zero;
            int i = 0;
            for (; i <= count - S.Width; i += S.Width)
            {
                V x = S.Load(source + i);
                S.Store(destination + i, x);
                wrong = S.SelectLess(x, infinity, wrong, one);
            }

            bool right = S.MaxLane(wrong) == 0;
            for (; i < count; i++)
            {
                destination[i] = source[i];
                right &= source[i] < float.PositiveInfinity;
            }

            return right;
        }
    }

    private readonly struct KeepWork(float* scores, int count, ulong* bits) : ISimdWork<int>
    {
        public int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V never = S.Splat(float.NegativeInfinity);
            for (int i = 0; i < count; i += S.Width)
            {
                S.Store(scores + i, LaneMask<V>.Select((uint)(bits[i / 64] >> (i % 64)), S.Load(scores + i), never));
            }

            return count;
        }
    }

    private readonly struct MaxWork(float* scores, int count) : ISimdWork<float>
    {
        public float Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V a = S.Splat(float.NegativeInfinity), b = a, c = a, d = a;
            int i = 0;
            for (; i <= count - (4 * S.Width); i += 4 * S.Width)
            {
                a = S.Max(a, S.Load(scores + i));
                b = S.Max(b, S.Load(scores + i + S.Width));
                c = S.Max(c, S.Load(scores + i + (2 * S.Width)));
                d = S.Max(d, S.Load(scores + i + (3 * S.Width)));
            }

            for (; i < count; i += S.Width) a = S.Max(a, S.Load(scores + i));
            return S.MaxLane(S.Max(S.Max(a, b), S.Max(c, d)));
        }
    }

    private readonly struct WeighWork(float* scores, int count, float max, float* weights, float* lanes) : ISimdWork<int>
    {
        public int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V top = S.Splat(max), nothing = S.Splat(Nothing);
            for (int i = 0; i < count; i += Lanes)
            {
                for (int j = i; j < i + Lanes; j += S.Width)
                {
                    V difference = S.Subtract(S.Load(scores + j), top);
                    S.Store(weights + j, S.SelectLess(difference, nothing, S.Zero, ExactMath<S, V>.Exp(difference)));
                }

                OrderedSum<S, V>.Add(lanes, weights + i);
            }

            return count;
        }
    }

    private readonly struct SurpriseWork(
        float* scores, int count, float max, float logTotal, float* weights, float* surprises, float* lanes) : ISimdWork<int>
    {
        public int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            float* products = stackalloc float[Lanes];
            V top = S.Splat(max), log = S.Splat(logTotal);
            for (int i = 0; i < count; i += Lanes)
            {
                for (int j = i; j < i + Lanes; j += S.Width)
                {
                    V surprise = S.Subtract(log, S.Subtract(S.Load(scores + j), top)), weight = S.Load(weights + j);
                    S.Store(surprises + j, surprise);

                    // Not 0 times infinity.
                    S.Store(products + j - i, S.SelectLess(S.Zero, weight, S.Multiply(weight, surprise), S.Zero));
                }

                OrderedSum<S, V>.Add(lanes, products);
            }

            return count;
        }
    }

    private readonly struct NearWork(float* numbers, int count, float center) : ISimdWork<int>
    {
        public int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V middle = S.Splat(center);
            for (int i = 0; i < count; i += S.Width)
            {
                S.Store(numbers + i, S.Subtract(S.Zero, S.Abs(S.Subtract(S.Load(numbers + i), middle))));
            }

            return count;
        }
    }

    private readonly struct DivideWork(float* scores, int count, float best, float temperature) : ISimdWork<int>
    {
        public int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V top = S.Splat(best), divisor = S.Splat(temperature);
            for (int i = 0; i < count; i += S.Width)
            {
                S.Store(scores + i, S.Divide(S.Subtract(S.Load(scores + i), top), divisor));
            }

            return count;
        }
    }

    private readonly struct CollectWork(float* numbers, int count, float least, int* places) : ISimdWork<int>
    {
        public int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V bound = S.Splat(least);
            int found = 0;
            for (int i = 0; i < count; i += S.Width)
            {
                for (uint mask = LaneMask<V>.AtLeast(S.Load(numbers + i), bound); mask != 0; mask &= mask - 1)
                {
                    places[found++] = i + BitOperations.TrailingZeroCount(mask);
                }
            }

            return found;
        }
    }

    private readonly struct MaximaWork(float* numbers, int count, float* groups, int groupCount) : ISimdWork<int>
    {
        public int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            for (int g = 0; g < groupCount; g += 4 * S.Width)
            {
                float* first = numbers + g;
                V a = S.Load(first), b = S.Load(first + S.Width), c = S.Load(first + (2 * S.Width)), d = S.Load(first + (3 * S.Width));
                for (int i = g + groupCount; i < count; i += groupCount)
                {
                    float* next = numbers + i;
                    a = S.Max(a, S.Load(next));
                    b = S.Max(b, S.Load(next + S.Width));
                    c = S.Max(c, S.Load(next + (2 * S.Width)));
                    d = S.Max(d, S.Load(next + (3 * S.Width)));
                }

                S.Store(groups + g, a);
                S.Store(groups + g + S.Width, b);
                S.Store(groups + g + (2 * S.Width), c);
                S.Store(groups + g + (3 * S.Width), d);
            }

            return groupCount;
        }
    }

    private readonly struct CountWork(float* numbers, int count, float least) : ISimdWork<int>
    {
        public int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V bound = S.Splat(least);
            int found = 0;
            for (int i = 0; i < count; i += S.Width)
            {
                found += BitOperations.PopCount(LaneMask<V>.AtLeast(S.Load(numbers + i), bound));
            }

            return found;
        }
    }
}
