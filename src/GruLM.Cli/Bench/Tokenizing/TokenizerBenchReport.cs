// The figures of grulm bench tokenizer as a table or as JSON lines.

using System.Globalization;
using System.Text.Json;
using GruLM.Cli.Pipes;

namespace GruLM.Cli.Bench;

/// <summary>Writes cases as they are measured.</summary>
internal sealed class TokenizerBenchReport(bool asJson, TextWriter output)
{
    /// <summary>The head of the table.</summary>
    public void Begin()
    {
        if (asJson) return;
        output.WriteLine(Row("case", "threads", "ms", "MB/s", "SentencePiece", "ratio", "of CPU"));
        output.Flush();
    }

    /// <summary>What the table's ratios are.</summary>
    public void End(bool compared)
    {
        if (asJson) return;
        output.WriteLine(compared
            ? "\nratios are medians of neighbouring runs"
            : "\nspm_train, spm_encode and spm_decode are not on the PATH; no ratios");
    }

    public void Write(TokenizerBenchResult result)
    {
        if (asJson) JsonLine.Write(output, json => WriteFields(json, result));
        else WriteRow(result);
        output.Flush();
    }

    private static double MegabytesPerSecond(TokenizerBenchResult result) => result.Bytes / 1e3 / result.Milliseconds;

    private void WriteRow(TokenizerBenchResult result)
    {
        string threads = result.Threads.ToString(CultureInfo.InvariantCulture);
        string ms = Format(result.Milliseconds, "#,0.0"), speed = Format(MegabytesPerSecond(result), "0.0");
        string reference = result.ReferenceMilliseconds is { } other ? Format(other, "#,0.0") + " ms" : "";
        string ratio = "";
        if (result.Peer is { } peer)
        {
            reference = Format(peer.PerSecond, "0.0") + " MB/s";
            ratio = $"{Format(peer.Ratio, "0.00")}x of {peer.Name}";
        }

        if (result.Ratio is { } times)
        {
            string of = result.ReferenceMilliseconds is null ? "x of one thread" : "x";
            string ceiling = result.Ceiling is { } apart ? $"; runs side by side {Format(apart, "0.00")}x" : "";
            ratio = Format(times, "0.00") + of + ceiling;
        }

        string processorRatio = result.ProcessorRatio is { } ofProcessor ? Format(ofProcessor, "0.00") + "x" : "";
        output.WriteLine(Row(result.Name, threads, ms, speed, reference, ratio, processorRatio));
    }

    private static void WriteFields(Utf8JsonWriter json, TokenizerBenchResult result)
    {
        json.WriteString("case", result.Name);
        json.WriteNumber("threads", result.Threads);
        json.WriteNumber("median_ms", Math.Round(result.Milliseconds, 2));
        json.WriteNumber("mb_per_s", Math.Round(MegabytesPerSecond(result), 2));
        string ratioName = result.ReferenceMilliseconds is null ? "ratio_to_one_thread" : "ratio_to_sentencepiece";
        WriteIfMeasured(json, "sentencepiece_ms", result.ReferenceMilliseconds);
        WriteIfMeasured(json, ratioName, result.Ratio);
        WriteIfMeasured(json, "ratio_of_runs_side_by_side", result.Ceiling);
        WriteIfMeasured(json, "cpu_ratio_to_sentencepiece", result.ProcessorRatio);
        if (result.Peer is not { } peer) return;
        json.WriteString("peer", peer.Name);
        WriteIfMeasured(json, "peer_mb_per_s", peer.PerSecond);
        WriteIfMeasured(json, "ratio_to_peer", peer.Ratio);
    }

    private static void WriteIfMeasured(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } measured) json.WriteNumber(name, Math.Round(measured, 2));
    }

    private static string Row(params string[] cells) =>
        $"{cells[0],-44}{cells[1],8}{cells[2],12}{cells[3],9}{cells[4],16} {cells[5],8}{cells[6],9}".TrimEnd();

    private static string Format(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
