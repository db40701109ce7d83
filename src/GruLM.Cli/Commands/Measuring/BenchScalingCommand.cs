// The flags of grulm bench scaling. The work is in Bench/Ranks/ScalingBench.cs.

using System.CommandLine;
using System.Globalization;
using GruLM.Cli.Bench;
using GruLM.Distributed;

namespace GruLM.Cli.Commands;

internal static class BenchScalingCommand
{
    private const int MostProcesses = 1 << 16;

    public static GrulmCommand Create()
    {
        var shape = new BenchShapeFlags(BenchCommand.Train, steps: 10);
        Option<string?> ranks = Flags.Text("--ranks", "FROM..TO", "processes: a number, or doubled from one to another", "2..1024");
        Option<double> bandwidth = Flags.Number(
            "--bandwidth", 0, 1e6, 10, "gigabits a second that each process can send while it receives as much", above: true);
        Option<double> latency = Flags.Number("--latency", 0, 1e7, 30, "microseconds that a short message takes");
        Option<double> processorTime = Flags.Number(
            "--processor-time", 0, 1e6, 1.5, "nanoseconds of a processor that a byte costs its sender and its receiver together");
        Option<string> wire = Wire();
        Option<string> precision = Flags.Precision();
        Option<bool> json = Flags.Json();
        Option<int?> threads = Flags.Threads();
        return new GrulmCommand(
            "scaling",
            "Predict what more processes would give: a training step is measured here with as many lanes as each would have, and a network "
            + "of the given figures is reckoned ('mpirun -np 2 grulm bench train' measures those of one that is there).",
            ["grulm bench scaling --hidden-dim 256", "grulm bench scaling --ranks 2..64 --batch-size 256 --bandwidth 1 --latency 100"],
            [.. shape.Sizes, .. shape.Batches, shape.Steps, ranks, bandwidth, latency, processorTime, wire, precision, json, threads],
            (flags, session) =>
            {
                // What is reckoned is the work of one.
                if (Launcher.Rank > 0) return ExitCode.Done;
                var link = new LinkFigures(
                    flags.GetValue(bandwidth) * 1e9 / 8, flags.GetValue(latency) * 1e-6, flags.GetValue(processorTime) * 1e-9);
                var options = new BenchOptions(
                    flags.GetValue(threads) ?? 0, Flags.PrecisionOf(flags.GetValue(precision)!), flags.GetValue(json));
                IReadOnlyList<int> counts = Counts(flags.GetValue(ranks)!);
                using var bench = new ScalingBench(options, link, IsBf16(flags.GetValue(wire)!), session);
                return bench.Run(shape.Read(flags), counts);
            });
    }

    /// <summary><c>--wire</c>.</summary>
    public static Option<string> Wire() => Flags.OneOf(
        "--wire", ["fp32", "bf16"], "fp32", "numbers that gradients travel in between processes");

    /// <summary>Whether <c>--wire</c> says bf16.</summary>
    public static bool IsBf16(string wire) => wire == "bf16";

    private static List<int> Counts(string text)
    {
        int[] ends = [.. text.Split("..").Select(Number)];
        if (ends.Length > 2 || ends.Any(end => end < 2) || ends[^1] < ends[0])
        {
            throw new UsageException(
                $"--ranks {text}: numbers from 2 to {MostProcesses}, the smaller first, were expected, such as 2..1024 or 8");
        }

        var counts = new List<int>();
        for (int count = ends[0]; count < ends[^1]; count *= 2) counts.Add(count);
        return [.. counts, ends[^1]];
    }

    // 0: it is none.
    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= MostProcesses ? number : 0;
}
