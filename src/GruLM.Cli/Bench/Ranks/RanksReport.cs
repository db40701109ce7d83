// The figures of grulm bench train under a launcher as lines, or as an object of JSON: those of one round, the one in the middle.

using System.Globalization;
using GruLM.Cli.Pipes;
using GruLM.Distributed;

namespace GruLM.Cli.Bench;

/// <summary>Writes what was measured on <paramref name="machine"/>, and on others like it.</summary>
internal sealed class RanksReport(bool isJson, BenchMachine machine, TextWriter output)
{
    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    public void Write(BenchShape shape, RankGroup group, LinkFigures link, IReadOnlyList<RanksRound> rounds)
    {
        int tokens = shape.Batch * shape.Bptt, machines = group.Hosts.Distinct().Count();
        (double alone, double apart, double together, double predicted, double bytes) =
            rounds.OrderBy(round => round.Alone / round.Together).ElementAt(rounds.Count / 2);
        double times = alone / together, predictedTimes = alone / predicted, communication = Math.Max(0, 1 - (apart / together));
        if (isJson)
        {
            JsonLine.Write(output, json =>
            {
                json.WriteString("case", ModelWork.TrainName(shape));
                json.WriteString("device", machine.Device);
                json.WriteString("precision", machine.UsesBf16 ? "bf16" : "fp32");
                json.WriteString("kernels", machine.Kernels);
                json.WriteNumber("threads", machine.Threads);
                json.WriteNumber("processes", group.Count);
                json.WriteNumber("machines", machines);
                json.WriteNumber("median_ms", Math.Round(together * 1e3, 4));
                json.WriteNumber("tokens_per_s", Math.Round(tokens / together, 1));
                json.WriteNumber("alone_ms", Math.Round(alone * 1e3, 4));
                json.WriteNumber("apart_ms", Math.Round(apart * 1e3, 4));
                json.WriteNumber("speedup", Math.Round(times, 3));
                json.WriteNumber("communication", Math.Round(communication, 4));
                json.WriteNumber("sent_bytes", Math.Round(bytes));
                json.WriteNumber("link_gbit_per_s", Math.Round(link.BytesPerSecond * 8e-9, 3));
                json.WriteNumber("link_latency_us", Math.Round(link.Latency * 1e6, 1));
                json.WriteNumber("link_processor_ns", Math.Round(link.ProcessorTime * 1e9, 3));
                json.WriteNumber("predicted_ms", Math.Round(predicted * 1e3, 4));
                json.WriteNumber("predicted_speedup", Math.Round(predictedTimes, 3));
            });
            return;
        }

        string where = machines == 1 ? "one machine" : $"{machines} machines", threads = machine.Threads == 1 ? "thread" : "threads";
        output.WriteLine(string.Create(
            s_invariant,
            $"{ModelWork.TrainName(shape)}: {together * 1e3:#,0.0} ms a step, {tokens / together:#,0} tokens/s, in {group.Count} processes "
            + $"with {machine.Threads} {threads} each on {where} (medians of {shape.Steps}, the middle one of {rounds.Count} rounds)"));
        output.WriteLine(string.Create(
            s_invariant,
            $"one process with the whole batch: {alone * 1e3:#,0.0} ms, {tokens / alone:#,0} tokens/s; all together are {times:0.00} times "
            + $"as fast, {100 * times / group.Count:0} % of what {group.Count} could be"));
        output.WriteLine(string.Create(
            s_invariant,
            $"communication: {100 * communication:0.0} % of a step (each with its lanes alone: {apart * 1e3:#,0.0} ms); "
            + $"each sends {bytes / 1e6:#,0.0} MB a step"));
        output.WriteLine(string.Create(
            s_invariant,
            $"connection: {link.BytesPerSecond * 8e-9:0.##} Gbit/s, {link.Latency * 1e6:0.#} µs, {link.ProcessorTime * 1e9:0.##} ns of a "
            + $"processor a byte; predicted from these: {predicted * 1e3:#,0.0} ms, {predictedTimes:0.00} times as fast"));
        output.WriteLine(machine.Description);
    }
}
