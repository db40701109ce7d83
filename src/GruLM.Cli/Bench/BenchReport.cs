// The figures of grulm bench as lines or JSON lines: a table of matrix products, two lines for everything that reads tokens.

using System.Globalization;
using System.Text.Json;
using GruLM.Cli.Pipes;

namespace GruLM.Cli.Bench;

/// <summary>Writes what was measured on <paramref name="machine"/>.</summary>
internal sealed class BenchReport(bool isJson, BenchMachine machine, TextWriter output)
{
    /// <summary>The head of the table of matrix products.</summary>
    public void BeginTable()
    {
        if (!isJson) output.WriteLine(Row("case", "ms", "GFLOP/s", "of fp32", "of bf16"));
    }

    /// <summary>What it was measured on, below the table.</summary>
    public void EndTable()
    {
        if (!isJson) output.WriteLine("\n" + machine.Description);
    }

    public void Write(BenchResult result)
    {
        if (isJson) JsonLine.Write(output, json => WriteFields(json, result));
        else if (result.Tokens == 0) WriteRow(result);
        else WriteLines(result);
        output.Flush();
    }

    private void WriteRow(BenchResult result)
    {
        string ms = Format(result.Timing.Seconds * 1e3, "0.000"), gflops = Format(result.Gflops, "#,0.0");
        output.WriteLine(Row(result.Name, ms, gflops, Percent(result.OfFp32), Percent(result.OfBf16)));
    }

    private void WriteLines(BenchResult result)
    {
        Timing timing = result.Timing;
        string time = timing.Seconds < 1e-3
            ? Format(timing.Seconds * 1e6, "0.0") + " µs"
            : Format(timing.Seconds * 1e3, "#,0.0") + " ms";
        string unit = result.Tokens > 1 ? "step" : "token";
        string tokensPerSecond = Format(result.Tokens / timing.Seconds, "#,0");
        output.WriteLine($"{result.Name}: {time} a {unit} (median of {timing.Runs}), {tokensPerSecond} tokens/s");
        if (result.Flops > 0)
        {
            string gflops = Format(result.Gflops, "#,0.0");
            string fp32 = timing.Fp32 > 0 ? ", " + Ceiling("fp32", result.OfFp32, timing.Fp32) : "";
            string bf16 = timing.Bf16 > 0 ? ", " + Ceiling("bf16", result.OfBf16, timing.Bf16) : "";
            output.WriteLine($"{gflops} GFLOP/s of model arithmetic{fp32}{bf16}");
        }

        if (result.CardMegabytes > 0) output.WriteLine(Format(result.CardMegabytes, "#,0") + " MB of the card at most");
        output.WriteLine(result.Int8Kernels is { } kernels ? $"{machine.Description}; weights in int8, {kernels}" : machine.Description);
        if (result.Peer is not { } peer) return;
        string threads = peer.Threads == 1 ? "1 thread" : $"{peer.Threads} threads", ratio = Format(peer.Ratio, "0.00");
        output.WriteLine(
            $"{peer.Name}, {threads}: {Format(peer.PerSecond, "#,0")} tokens/s; GruLM makes {ratio} times as many (median of turns)");
    }

    private void WriteFields(Utf8JsonWriter json, BenchResult result)
    {
        (string name, Timing timing, double tokens, double flops) = result;
        json.WriteString("case", name);
        json.WriteString("device", machine.Device);
        json.WriteString("precision", result.Int8Kernels is not null ? "int8" : machine.UsesBf16 ? "bf16" : "fp32");
        json.WriteString("kernels", result.Int8Kernels ?? machine.Kernels);
        json.WriteNumber("threads", machine.Threads);
        if (timing.Seconds < 1e-3 && tokens == 1) json.WriteNumber("median_us", Math.Round(timing.Seconds * 1e6, 2));
        else json.WriteNumber("median_ms", Math.Round(timing.Seconds * 1e3, 4));
        if (tokens > 0) json.WriteNumber("tokens_per_s", Math.Round(tokens / timing.Seconds, 1));
        if (result.Gflops > 0) json.WriteNumber("gflops", Math.Round(result.Gflops, 1));
        if (result.CardMegabytes > 0) json.WriteNumber("card_mb", Math.Round(result.CardMegabytes, 1));
        if (timing.Fp32 > 0) json.WriteNumber("fp32_ceiling_gflops", Math.Round(timing.Fp32, 1));
        if (timing.Fp32 > 0 && flops > 0) json.WriteNumber("of_fp32_ceiling", Math.Round(result.OfFp32 / 1e9, 3));
        if (timing.Bf16 > 0) json.WriteNumber("bf16_ceiling_gflops", Math.Round(timing.Bf16, 1));
        if (timing.Bf16 > 0 && flops > 0) json.WriteNumber("of_bf16_ceiling", Math.Round(result.OfBf16 / 1e9, 3));
        if (result.Peer is not { } peer) return;
        json.WriteString("peer", peer.Name);
        json.WriteNumber("peer_threads", peer.Threads);
        json.WriteNumber("peer_tokens_per_s", Math.Round(peer.PerSecond, 1));
        json.WriteNumber("ratio_to_peer", Math.Round(peer.Ratio, 3));
    }

    private static string Ceiling(string precision, double share, double ceiling)
    {
        string gflops = Format(ceiling, "#,0.0");
        return $"{Percent(share)} of the {precision} ceiling of {gflops}";
    }

    // From a share in billionths.
    private static string Percent(double share) => share > 0 ? Format(share / 1e7, "0") + " %" : "";

    private static string Row(string name, string ms, string gflops, string fp32, string bf16) =>
        $"{name,-40}{ms,10}{gflops,10}{fp32,10}{bf16,10}".TrimEnd();

    private static string Format(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
