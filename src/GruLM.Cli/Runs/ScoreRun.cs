// grulm score: each token of a text with its log-probability, a line a token, and the text's figures on standard error.

using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using GruLM.Cli.Pipes;
using GruLM.Model;

namespace GruLM.Cli.Runs;

/// <summary>Runs <c>grulm score</c>.</summary>
internal static class ScoreRun
{
    private const int FlushBytes = 1 << 15;

    public static int Run(string folder, string data, DataForm form, bool json, int threads, Session session)
    {
        InputFiles.Check([data]);
        form.Check([data]);
        using var model = LanguageModel.Open(folder, threads);
        using Stream text = form.Open(data, session.Input, session.Error, session.Stop);
        var progress = new ProgressLine(session.Error, session.ErrorIsTerminal && !session.OutputIsTerminal);

        // Of what is packed or stands in records it is not known how much text there will be.
        long total = form.IsPlainFile(data) ? InputFiles.TotalBytes([data]) : 0, count = 0, firstEnd = 0, lastEnd = 0;
        double nll = 0;
        var output = new ArrayBufferWriter<byte>(2 * FlushBytes);
        using var writer = new Utf8JsonWriter(output, JsonLine.Options);
        try
        {
            foreach (ScoredToken token in model.Score(text, session.Stop))
            {
                if (count++ == 0) firstEnd = token.End;
                lastEnd = token.End;
                nll -= token.LogProb ?? 0;
                if (json) WriteJson(token, writer, output);
                else WriteLine(token, output);
                if (output.WrittenCount < FlushBytes) continue;
                session.Output.BaseStream.Write(output.WrittenSpan);
                output.ResetWrittenCount();
                progress.Report(
                    () => string.Create(CultureInfo.InvariantCulture,
                    $"{count:#,0} tokens{(total > 0 ? $", {100.0 * lastEnd / total:0}%" : "")}"));
            }
        }
        finally
        {
            progress.Finish();
        }

        if (count == 0)
        {
            throw new InvalidDataException($"{(data == InputFiles.StandardInput ? "standard input" : data)}: is empty, text was expected");
        }

        session.Output.BaseStream.Write(output.WrittenSpan);
        session.Error.WriteLine(Summary(new LossSums(nll, count - 1, 0), lastEnd - firstEnd));
        return ExitCode.Done;
    }

    private static string Summary(LossSums sums, long bytes) => sums.Tokens == 0
        ? "a single token, which nothing precedes: there is nothing to predict"
        : string.Create(CultureInfo.InvariantCulture,
            $"NLL {sums.MeanNll:0.0000}  perplexity {sums.Perplexity:0.00}  bits/byte {sums.BitsPerByte(bytes):0.0000}  ({sums.Tokens:#,0} tokens predicted, {bytes:#,0} bytes)");

    private static void WriteJson(ScoredToken token, Utf8JsonWriter json, ArrayBufferWriter<byte> output)
    {
        json.Reset();
        json.WriteStartObject();
        json.WriteNumber("id", token.Id);
        json.WriteString("piece", token.Piece);

        // JSON has no infinity and no NaN; a model gone astray can give both.
        if (token.LogProb is { } logProb && float.IsFinite(logProb)) json.WriteNumber("logprob", logProb);
        else json.WriteNull("logprob");
        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }

    private static void WriteLine(ScoredToken token, ArrayBufferWriter<byte> output)
    {
        string logProb = token.LogProb is { } value ? value.ToString("0.0000", CultureInfo.InvariantCulture) : "-";
        Encoding.UTF8.GetBytes($"{OnOneLine(token.Piece)}\t{logProb}\n", output);
    }

    // A piece that holds a line end or a tab must not break the listing.
    private static string OnOneLine(string piece)
    {
        if (!piece.Any(c => char.IsControl(c) || c == '\\')) return piece;
        return string.Concat(piece.Select(c => c switch
        {
            '\\' => "\\\\",
            '\n' => "\\n",
            '\t' => "\\t",
            '\r' => "\\r",
            _ when char.IsControl(c) => $"\\u{(int)c:x4}",
            _ => c.ToString(),
        }));
    }
}
