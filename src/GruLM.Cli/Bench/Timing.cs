// How long some work takes, beside what the machine gives at the same time. Runs of the work and the machine's ceilings are measured in
// turn, every few milliseconds where runs are short: other work on the machine moves both, and a share of the ceiling is the median of the
// shares of neighbours.

using System.Diagnostics;
using GruLM.Kernels;

namespace GruLM.Cli.Bench;

/// <summary>What was measured.</summary>
/// <param name="Seconds">The median run.</param>
/// <param name="Runs">How many runs there were.</param>
/// <param name="Fp32">The median ceiling in GFLOP/s; 0 where none was measured.</param>
/// <param name="Bf16">The same for bfloat16; 0 where there is none.</param>
/// <param name="PerSecondOfFp32">The median of (runs a second / ceiling), which times the FLOPs of a run is its share of the
/// ceiling.</param>
/// <param name="PerSecondOfBf16">The same for bfloat16.</param>
internal readonly record struct Timing(
    double Seconds, int Runs, double Fp32, double Bf16, double PerSecondOfFp32, double PerSecondOfBf16)
{
    // Ceilings are measured this often, in seconds.
    private const double CeilingInterval = 5e-3;

    /// <summary>Measures <paramref name="runs"/> runs of <paramref name="work"/> after two that are not counted, beside the ceilings of
    /// <paramref name="compute"/>; null: there are none.</summary>
    public static Timing Of(Compute? compute, int runs, Action work, CancellationToken cancel)
    {
        var times = new List<double>();
        List<double> ofFp32 = [], ofBf16 = [];
        Ceilings? ceilings = compute is null ? null : new Ceilings(compute);
        work();
        work();
        ceilings?.Measure();
        while (times.Count < runs)
        {
            double seconds = 0;
            int first = times.Count;
            while (seconds < CeilingInterval && times.Count < runs)
            {
                cancel.ThrowIfCancellationRequested();
                long start = Stopwatch.GetTimestamp();
                work();
                times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                seconds += times[^1];
            }

            if (ceilings is null) continue;
            ceilings.Measure();
            double perSecond = (times.Count - first) / seconds;
            ofFp32.Add(perSecond / LastTwo(ceilings.Fp32));
            if (ceilings.HasBf16) ofBf16.Add(perSecond / LastTwo(ceilings.Bf16));
        }

        return new Timing(
            Median(times), runs, Median(ceilings?.Fp32 ?? []), Median(ceilings?.Bf16 ?? []), Median(ofFp32), Median(ofBf16));
    }

    private static double LastTwo(List<double> values) => (values[^1] + values[^2]) / 2;

    /// <summary>The value in the middle; 0 of none.</summary>
    public static double Median(List<double> values) => values.Count == 0 ? 0 : values.Order().ElementAt(values.Count / 2);

    private sealed class Ceilings(Compute compute)
    {
        public bool HasBf16 { get; } = compute.Bf16 is not null && Bf16Machine.IsReal;

        public List<double> Fp32 { get; } = [];

        public List<double> Bf16 { get; } = [];

        public void Measure()
        {
            Fp32.Add(FmaCeiling.Gflops(compute));
            if (HasBf16) Bf16.Add(Bf16Ceiling.Gflops(compute.Team));
        }
    }
}
