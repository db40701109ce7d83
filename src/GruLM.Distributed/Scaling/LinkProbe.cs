// Measures the connection of a group by what training does with it: sums, of few numbers for the latency and of many for the rate, and once
// more while nobody waits for them, for what they cost the processors.

using System.Diagnostics;
using System.Runtime.InteropServices;

namespace GruLM.Distributed;

/// <summary>Measures connections. All processes of the group call it together.</summary>
internal static unsafe class LinkProbe
{
    private const int Few = 16, Many = 1 << 22;
    private const int RunsOfFew = 101, RunsOfMany = 7;

    // While nobody waits a sum may take so many times as long.
    private const int Patience = 3;

    /// <summary>The figures of the slowest process.</summary>
    public static LinkFigures Measure(RankGroup group)
    {
        float* numbers = (float*)NativeMemory.AlignedAlloc(Many * sizeof(float), 64);
        try
        {
            new Span<float>(numbers, Many).Clear();
            double few = Slowest(group, Median(RunsOfFew, () => Seconds(group, numbers, Few)));
            double many = Slowest(group, Median(RunsOfMany, () => Seconds(group, numbers, Many)));
            double processor = Slowest(group, Median(RunsOfMany, () => ProcessorSeconds(group, numbers, Many, Patience * many)));
            double bytes = SentBytes(Many, group.Count, sizeof(float));

            // There and back.
            return new LinkFigures(bytes / Math.Max(many - few, 1e-9), few / 2, processor / bytes);
        }
        finally
        {
            NativeMemory.AlignedFree(numbers);
        }
    }

    /// <summary>Bytes that each process sends, and receives, for the sum of so many numbers over <paramref name="count"/>
    /// processes.</summary>
    public static double SentBytes(double numbers, int count, int width) => 2 * numbers * width * (count - 1) / count;

    private static double Seconds(RankGroup group, float* numbers, int length)
    {
        long start = Stopwatch.GetTimestamp();
        group.Link.BeginSum(numbers, length, isBf16: false).Wait();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double ProcessorSeconds(RankGroup group, float* numbers, int length, double patience)
    {
        group.OfFirst(0);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        ITransfer sum = group.Link.BeginSum(numbers, length, isBf16: false);
        Thread.Sleep(TimeSpan.FromSeconds(patience));
        sum.Wait(atEase: true);
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private static double Median(int runs, Func<double> measure)
    {
        measure();
        return Enumerable.Range(0, runs).Select(_ => measure()).Order().ElementAt(runs / 2);
    }

    private static double Slowest(RankGroup group, double own)
    {
        double[] all = new double[group.Count];
        all[group.Rank] = own;
        group.Gather(all);
        return all.Max();
    }
}
