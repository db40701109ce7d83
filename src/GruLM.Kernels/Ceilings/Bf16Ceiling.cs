// The ceiling of the bfloat16 path: products from registers that stay loaded, nothing moved. The counterpart of FmaCeiling.

using System.Diagnostics;

namespace GruLM.Kernels;

/// <summary>Measures how fast this machine multiplies in bfloat16.</summary>
internal static unsafe class Bf16Ceiling
{
    /// <summary>GFLOP/s of all threads of <paramref name="team"/> together, the median of a few runs of about a millisecond. Throws
    /// <see cref="NotSupportedException"/> where the processor has no bfloat16.</summary>
    public static double Gflops(ThreadTeam team)
    {
        if (!Bf16Machine.IsReal) throw new NotSupportedException($"no bfloat16: {Bf16Machine.Description}");
        Bf16Kernel kernel = Bf16Machine.Kernel;
        double operations = kernel.CeilingTurns * kernel.OperationsATurn;
        using var a = new AlignedBuffer<ushort>(16 * Bf16Kernel.DepthStep);
        using var b = new AlignedBuffer<ushort>(Bf16Kernel.PanelWidth * Bf16Kernel.DepthStep);
        a.Span.Fill(Bf16.Round(0.5f));
        b.Span.Fill(Bf16.Round(0.5f));
        var job = new Job { Kernel = kernel, A = a.Pointer, B = b.Pointer };
        Span<double> rates = stackalloc double[5];
        for (int run = 0; run < rates.Length; run++)
        {
            long start = Stopwatch.GetTimestamp();
            team.Run(ref job, team.Count);
            rates[run] = team.Count * operations / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
        }

        rates.Sort();
        return rates[rates.Length / 2];
    }

    private struct Job : IParallelJob
    {
        public Bf16Kernel Kernel;
        public ushort* A, B;

        public readonly void Execute(int item, int thread) => Kernel.Ceiling(A, B, Kernel.CeilingTurns);
    }
}
