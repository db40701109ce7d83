// The ceiling of the bfloat16 path: tile products from tiles that stay loaded, nothing moved. The counterpart of FmaCeiling.

using System.Diagnostics;

namespace GruLM.Kernels;

/// <summary>Measures how fast this machine's tile units are.</summary>
internal static unsafe class AmxCeiling
{
    // About a millisecond a run.
    private const int Turns = 4_000;

    /// <summary>GFLOP/s of all threads of <paramref name="team"/> together, the median of a few runs of about a millisecond. Throws
    /// <see cref="NotSupportedException"/> without AMX.</summary>
    public static double Gflops(ThreadTeam team)
    {
        if (!AmxMachine.IsReal) throw new NotSupportedException($"no AMX: {AmxMachine.Reason}");
        const double Flop = 2.0 * 16 * 16 * AmxKernel.DepthStep * AmxAssembler.CeilingProducts * Turns;
        using var a = new AlignedBuffer<ushort>(16 * AmxKernel.DepthStep);
        using var b = new AlignedBuffer<ushort>(AmxKernel.PanelWidth * AmxKernel.DepthStep);
        a.Span.Fill(Bf16.Round(0.5f));
        b.Span.Fill(Bf16.Round(0.5f));
        var job = new Job { Kernel = AmxMachine.Kernel, A = a.Pointer, B = b.Pointer };
        Span<double> rates = stackalloc double[5];
        for (int run = 0; run < rates.Length; run++)
        {
            long start = Stopwatch.GetTimestamp();
            team.Run(ref job, team.Count);
            rates[run] = team.Count * Flop / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
        }

        rates.Sort();
        return rates[rates.Length / 2];
    }

    private struct Job : IParallelJob
    {
        public AmxKernel Kernel;
        public ushort* A, B;

        public readonly void Execute(int item, int thread) => Kernel.Ceiling(A, B, Turns);
    }
}
