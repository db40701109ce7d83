// grulm score: each token of a text with its log-probability, a line a token, and the text's figures on standard error.

using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using GruLM.Cli.Pipes;
using GruLM.Model;

namespace GruLM.Cli.Runs;

/// <summary>What <c>grulm score</c> was told.</summary>
/// <param name="Model">The folder of the model.</param>
/// <param name="Data">The name of the text.</param>
/// <param name="Form">How it is read.</param>
/// <param name="Json">Whether to write JSON lines instead of plain ones.</param>
/// <param name="Threads">Threads; 0: one a core.</param>
internal sealed record ScoreSettings(string Model, string Data, DataForm Form, bool Json, int Threads);

/// <summary>Runs <c>grulm score</c>.</summary>
internal sealed class ScoreRun(ScoreSettings settings, Session session)
{
    private const int FlushBytes = 1 << 15;

    private long _tokens, _firstEnd, _lastEnd;
    private double _nll;

    public int Run()
    {
        InputFiles.Check([settings.Data]);
        settings.Form.Check([settings.Data]);
        using var model = LanguageModel.Open(settings.Model, settings.Threads);
        using Stream text = settings.Form.Open(settings.Data, session.Input, session.Error, session.Stop);
        var progress = new ProgressLine(session.Error, session.ErrorIsTerminal && !session.OutputIsTerminal);
        try
        {
            Score(model.Score(text, session.Stop), progress);
        }
        finally
        {
            progress.Finish();
        }

        session.Error.WriteLine(Summary(new LossSums(_nll, _tokens - 1, 0), _lastEnd - _firstEnd));
        return ExitCode.Done;
    }

    private void Score(IEnumerable<ScoredToken> tokens, ProgressLine progress)
    {
        // Of what is packed or stands in records it is not known how much text there will be.
        long total = settings.Form.IsPlainFile(settings.Data) ? InputFiles.TotalBytes([settings.Data]) : 0;
        var output = new ArrayBufferWriter<byte>(2 * FlushBytes);
        using var writer = new Utf8JsonWriter(output, JsonLine.Options);
        foreach (ScoredToken token in tokens)
        {
            if (_tokens++ == 0) _firstEnd = token.End;
            _lastEnd = token.End;
            _nll -= token.LogProb ?? 0;
            if (settings.Json) WriteJson(token, writer, output);
            else WriteLine(token, output);
            if (output.WrittenCount < FlushBytes) continue;
            session.Output.BaseStream.Write(output.WrittenSpan);
            output.ResetWrittenCount();
            progress.Report(() => Describe(total));
        }

        if (_tokens == 0)
        {
            string name = settings.Data == InputFiles.StandardInput ? "standard input" : settings.Data;
            throw new InvalidDataException($"{name}: is empty, text was expected");
        }

        session.Output.BaseStream.Write(output.WrittenSpan);
    }

    private string Describe(long total)
    {
        string share = total > 0 ? string.Create(CultureInfo.InvariantCulture, $", {100.0 * _lastEnd / total:0}%") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{_tokens:#,0} tokens{share}");
    }

    private static string Summary(LossSums sums, long bytes) => sums.Tokens == 0
        ? "a single token, which nothing precedes: there is nothing to predict"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"NLL {sums.MeanNll:0.0000}  perplexity {sums.Perplexity:0.00}  bits/byte {sums.BitsPerByte(bytes):0.0000}  "
            + $"({sums.Tokens:#,0} tokens predicted, {bytes:#,0} bytes)");

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
