// The tokens of a scored text, a line each, plain or as JSON, with a line of progress, and the figures of the whole.

using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using GruLM.Cli.Pipes;
using GruLM.Model;

namespace GruLM.Cli.Commands;

/// <summary>Writes scores. <paramref name="asJson"/>: as JSON lines.</summary>
internal sealed class ScoreOutput(Session session, bool asJson)
{
    private const int FlushBytes = 1 << 15;

    private long _firstEnd, _lastEnd;
    private double _nll;

    /// <summary>Tokens written.</summary>
    public long Tokens { get; private set; }

    /// <summary>Writes tokens as they come, of a text of so many bytes; 0: it is not known how many.</summary>
    public void Write(IEnumerable<ScoredToken> tokens, long textBytes)
    {
        var progress = new ProgressLine(session.Error, session.ErrorIsTerminal && !session.OutputIsTerminal);
        try
        {
            Write(tokens, () => progress.Report(() => Describe(textBytes)));
        }
        finally
        {
            progress.Finish();
        }
    }

    /// <summary>The text's figures, on standard error.</summary>
    public void WriteSummary() => session.Error.WriteLine(Summary(new LossSums(_nll, Tokens - 1, 0), _lastEnd - _firstEnd));

    private void Write(IEnumerable<ScoredToken> tokens, Action report)
    {
        var output = new ArrayBufferWriter<byte>(2 * FlushBytes);
        using var writer = new Utf8JsonWriter(output, JsonLine.Options);
        foreach (ScoredToken token in tokens)
        {
            if (Tokens++ == 0) _firstEnd = token.End;
            _lastEnd = token.End;
            _nll -= token.LogProb ?? 0;
            if (asJson) WriteJson(token, writer, output);
            else WriteLine(token, output);
            if (output.WrittenCount < FlushBytes) continue;
            session.Output.BaseStream.Write(output.WrittenSpan);
            output.ResetWrittenCount();
            report();
        }

        session.Output.BaseStream.Write(output.WrittenSpan);
    }

    private string Describe(long total)
    {
        string share = total > 0 ? string.Create(CultureInfo.InvariantCulture, $", {100.0 * _lastEnd / total:0}%") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{Tokens:#,0} tokens{share}");
    }

    private static string Summary(LossSums sums, long bytes) => sums.Tokens == 0
        ? "a single token, which nothing precedes: there is nothing to predict"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"NLL {sums.MeanNll:0.0000}  perplexity {Perplexity.Text(sums.Perplexity)}  bits/byte {sums.BitsPerByte(bytes):0.0000}  "
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
