// The logarithm of a sum of exponentials, which turns scores into log-probabilities, with the same bits everywhere (docs/int8.md).

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>ln Σ e^x. Thread-safe: it has no state.</summary>
internal static unsafe class LogSumExp
{
    /// <summary>The sum's logarithm, and where the largest number stands first. NaN where a number is NaN or +∞.</summary>
    public static (float LogSum, int Best) Of(ReadOnlySpan<float> numbers)
    {
        fixed (float* pointer = numbers)
        {
            return KernelDispatch.Run<Work, (float, int)>(
                KernelChoice.Available[^1], new Work { Numbers = pointer, Count = numbers.Length });
        }
    }

    private struct Work : ISimdWork<(float LogSum, int Best)>
    {
        public float* Numbers;
        public int Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly (float LogSum, int Best) Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            const int Lanes = OrderedSum<S, V>.Lanes;
            float* lanes = stackalloc float[Lanes], terms = stackalloc float[Lanes];
            new Span<float>(lanes, Lanes).Clear();
            float most = Largest<S, V>();
            V largest = S.Splat(most);
            int whole = Count / Lanes * Lanes;
            for (int i = 0; i < whole; i += Lanes)
            {
                for (int j = 0; j < Lanes; j += S.Width)
                {
                    S.Store(terms + j, ExactMath<S, V>.Exp(S.Subtract(S.Load(Numbers + i + j), largest)));
                }

                OrderedSum<S, V>.Add(lanes, terms);
            }

            for (int i = whole; i < Count; i++) lanes[i - whole] += ExactMath<Simd1, float>.Exp(Numbers[i] - most);
            int best = 0;
            while (best < Count - 1 && Numbers[best] != most) best++;
            return (most + ExactLog.Of(OrderedSum<S, V>.Fold(lanes)), best);
        }

        private readonly float Largest<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V most = S.Splat(float.NegativeInfinity);
            int i = 0;
            for (; i + S.Width <= Count; i += S.Width) most = S.Max(most, S.Load(Numbers + i));
            float largest = S.MaxLane(most);
            for (; i < Count; i++) largest = Math.Max(largest, Numbers[i]);
            return largest;
        }
    }
}
