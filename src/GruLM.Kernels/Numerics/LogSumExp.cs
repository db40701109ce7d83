// The logarithm of a sum of exponentials, which turns scores into log-probabilities, with the same bits everywhere (docs/int8.md).

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>ln Σ e^x, in two parts, so that nothing is lost where the numbers are large. Immutable.</summary>
/// <param name="Most">The largest number.</param>
/// <param name="LogTotal">ln Σ e^(x − <paramref name="Most"/>); NaN where a number is NaN or +∞, or all are −∞.</param>
/// <param name="Best">Where the largest number stands first.</param>
internal readonly unsafe record struct LogSumExp(float Most, float LogTotal, int Best)
{
    /// <summary>The logarithm of the soft-max of one of the numbers.</summary>
    public float LogProb(float number) => number - Most - LogTotal;

    /// <summary>The sum of <paramref name="numbers"/>, on the widest path.</summary>
    public static LogSumExp Of(ReadOnlySpan<float> numbers) => Of(KernelChoice.Available[^1], numbers);

    /// <summary>The same on <paramref name="path"/>: the same bits.</summary>
    public static LogSumExp Of(KernelPath path, ReadOnlySpan<float> numbers)
    {
        fixed (float* pointer = numbers)
        {
            return KernelDispatch.Run<Work, LogSumExp>(path, new Work { Numbers = pointer, Count = numbers.Length });
        }
    }

    private struct Work : ISimdWork<LogSumExp>
    {
        public float* Numbers;
        public int Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly LogSumExp Run<S, V>()
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
            return new(most, ExactLog.Of(OrderedSum<S, V>.Fold(lanes)), best);
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
