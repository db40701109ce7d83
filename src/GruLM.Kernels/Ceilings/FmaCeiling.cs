// The machine's own ceiling: how many multiply-adds a second a kernel path can do when everything is in registers. Every speed
// figure is set beside this one, measured in the same run.

using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>Measures the fused-multiply-add ceiling of a kernel path.</summary>
internal static class FmaCeiling
{
    private const int Accumulators = 12;
    private const int Rounds = 400_000;

    /// <summary>GFLOP/s of all threads of <paramref name="compute"/> together, the median of a few runs of about a millisecond.</summary>
    public static double Gflops(Compute compute)
    {
        Span<double> rates = stackalloc double[5];
        for (int run = 0; run < rates.Length; run++)
        {
            long start = Stopwatch.GetTimestamp();
            KernelDispatch.Run(compute, default(Job), compute.Team.Count);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            rates[run] = 2.0 * compute.Team.Count * Rounds * Accumulators * compute.Width / seconds / 1e9;
        }

        rates.Sort();
        return rates[rates.Length / 2];
    }

    private readonly struct Job : ISimdJob
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public unsafe void Execute<S, V>(int item, int thread)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V x = S.Splat(0.999f), y = S.Splat(1e-3f);
            V a0 = y, a1 = y, a2 = y, a3 = y, a4 = y, a5 = y, a6 = y, a7 = y, a8 = y, a9 = y, a10 = y, a11 = y;
            for (int i = 0; i < Rounds; i++)
            {
                a0 = S.MultiplyAdd(a0, x, y);
                a1 = S.MultiplyAdd(a1, x, y);
                a2 = S.MultiplyAdd(a2, x, y);
                a3 = S.MultiplyAdd(a3, x, y);
                a4 = S.MultiplyAdd(a4, x, y);
                a5 = S.MultiplyAdd(a5, x, y);
                a6 = S.MultiplyAdd(a6, x, y);
                a7 = S.MultiplyAdd(a7, x, y);
                a8 = S.MultiplyAdd(a8, x, y);
                a9 = S.MultiplyAdd(a9, x, y);
                a10 = S.MultiplyAdd(a10, x, y);
                a11 = S.MultiplyAdd(a11, x, y);
            }

            // Used, so that the loop is not left out.
            V sum = S.Add(S.Add(S.Add(a0, a1), S.Add(a2, a3)),
                S.Add(S.Add(S.Add(a4, a5), S.Add(a6, a7)), S.Add(S.Add(a8, a9), S.Add(a10, a11))));
            float* sink = stackalloc float[16];
            S.Store(sink, sum);
            if (float.IsNaN(sink[0])) throw new InvalidOperationException("the ceiling loop gave NaN");
        }
    }
}
