// grulm bench scaling: where more processes stop paying. The computing of a step is measured here, with as many lanes as each process would
// have; the exchange is reckoned from the figures of a network that need not be there.

using System.Globalization;
using GruLM.Cli.Pipes;
using GruLM.Distributed;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Cli.Bench;

/// <summary>Predicts the training of several processes on machines like this one, connected by <paramref name="link"/>; gradients travel in
/// bfloat16 where <paramref name="isBf16"/>.</summary>
internal sealed class ScalingBench(BenchOptions options, LinkFigures link, bool isBf16, Session session) : IDisposable
{
    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    private readonly Compute _compute = Compute.Create(options.Threads, options.Precision);

    /// <summary>Writes a line for each of <paramref name="counts"/> processes: with the whole batch over all of them, and with a batch that
    /// grows with them.</summary>
    public int Run(BenchShape shape, IReadOnlyList<int> counts)
    {
        ModelWork.Check(shape);
        using var model = GruLanguageModel.Create(shape.Config, _compute, seed: 1);
        LinkFigures felt = link.FeltBy(_compute.Threads, Environment.ProcessorCount);
        var profiles = new Dictionary<int, StepProfile>();
        StepProfile Of(int lanes)
        {
            if (!profiles.TryGetValue(lanes, out StepProfile? profile))
            {
                TokenBatch batch = ModelWork.RandomBatch(shape with { Batch = lanes });
                profile = StepProfile.Measure(model, batch, shape.Steps, session.Stop);
                session.Stop.ThrowIfCancellationRequested();
                profiles[lanes] = profile;
            }

            return profile;
        }

        double alone = Of(shape.Batch).Seconds;
        ScalingRow Row(int count, bool grows)
        {
            int lanes = grows ? shape.Batch : (shape.Batch + count - 1) / count;
            StepProfile own = Of(lanes);
            var step = StepPrediction.Of(own, shape.Config, count, felt, isBf16 ? 2 : sizeof(float));
            double tokens = (grows ? (double)count : 1) * shape.Batch * shape.Bptt;
            return new ScalingRow(
                count, lanes, grows, step.Seconds, tokens / step.Seconds, tokens / step.Seconds * alone / (shape.Batch * shape.Bptt),
                1 - (own.Seconds / step.Seconds));
        }

        if (!options.Json) WriteHead(shape, alone);
        foreach (bool grows in (bool[])[false, true])
        {
            // A process without a lane is of no use.
            ScalingRow[] rows = [.. counts.Where(count => grows || count <= shape.Batch).Select(count => Row(count, grows))];
            if (options.Json) WriteJson(shape, alone, rows);
            else WriteTable(shape, rows, grows);
        }

        if (!options.Json) session.Output.WriteLine("\n" + BenchMachine.Of(_compute, options.Precision).Description);
        return ExitCode.Done;
    }

    public void Dispose() => _compute.Dispose();

    private void WriteHead(BenchShape shape, double alone) => session.Output.WriteLine(string.Create(
        s_invariant,
        $"{ModelWork.TrainName(shape)}: one process takes {alone * 1e3:#,0.0} ms a step (measured); more of them are predicted for "
        + $"{link.BytesPerSecond * 8e-9:G4} Gbit/s, {link.Latency * 1e6:G4} µs and {link.ProcessorTime * 1e9:G4} ns a byte"));

    private void WriteTable(BenchShape shape, ScalingRow[] rows, bool grows)
    {
        TextWriter output = session.Output;
        output.WriteLine(grows ? $"\na batch that grows: {shape.Batch} lanes each" : $"\nthe whole batch of {shape.Batch} lanes over all");
        output.WriteLine(Line("processes", "lanes each", "ms a step", "tokens/s", "times one", "of ideal", "communication"));
        if (rows.Length == 0)
        {
            output.WriteLine("more processes than lanes are of no use");
            return;
        }

        foreach (ScalingRow row in rows)
        {
            output.WriteLine(Line(
                Text(row.Count, "#,0"), Text(row.Lanes, "0"), Text(row.Seconds * 1e3, "#,0.0"), Text(row.TokensPerSecond, "#,0"),
                Text(row.Times, "0.00"), Text(100 * row.OfIdeal, "0") + " %", Text(100 * row.Communication, "0") + " %"));
        }

        ScalingRow fastest = rows.MaxBy(row => row.Times)!;
        ScalingRow? worth = rows.LastOrDefault(row => row.OfIdeal >= 0.5);
        string most = worth is null ? "for none of these" : $"up to {Text(worth.Count, "#,0")}";
        string half = $"each process gives at least half of what one alone does {most}";
        string best = fastest.Times > 1
            ? $"{Text(fastest.Count, "#,0")} processes, {Text(fastest.Times, "0.0")} times one"
            : "one process";
        output.WriteLine(grows ? half : $"fastest: {best}; {half}");
    }

    private void WriteJson(BenchShape shape, double alone, ScalingRow[] rows)
    {
        foreach (ScalingRow row in rows)
        {
            JsonLine.Write(session.Output, json =>
            {
                json.WriteString("case", ModelWork.TrainName(shape));
                json.WriteNumber("alone_ms", Math.Round(alone * 1e3, 4));
                json.WriteNumber("link_gbit_per_s", link.BytesPerSecond * 8e-9);
                json.WriteNumber("link_latency_us", link.Latency * 1e6);
                json.WriteNumber("link_processor_ns", link.ProcessorTime * 1e9);
                json.WriteNumber("processes", row.Count);
                json.WriteNumber("lanes", row.Lanes);
                json.WriteString("batch", row.Grows ? "grows" : "whole");
                json.WriteNumber("predicted_ms", Math.Round(row.Seconds * 1e3, 4));
                json.WriteNumber("tokens_per_s", Math.Round(row.TokensPerSecond, 1));
                json.WriteNumber("speedup", Math.Round(row.Times, 3));
                json.WriteNumber("efficiency", Math.Round(row.OfIdeal, 4));
                json.WriteNumber("communication", Math.Round(row.Communication, 4));
            });
        }
    }

    private static string Line(params string[] cells) => string.Concat(cells.Select(cell => $" {cell,13}"))[4..];

    private static string Text(double value, string format) => value.ToString(format, s_invariant);
}
