// The documents of a scored corpus: an object each, or the lines of those that are kept, written as soon as nothing more is ready, with a
// line of progress, and the figures of the whole on standard error.

using System.Buffers;
using System.Globalization;
using System.Text.Json;
using GruLM.Cli.Pipes;
using GruLM.Model;

namespace GruLM.Cli.Commands;

/// <summary>Writes documents; <paramref name="asLines"/>: the lines, without their figures.</summary>
internal sealed class DocumentOutput(Session session, KeptDocuments kept, bool asLines)
{
    private const int FlushBytes = 1 << 15;

    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    private readonly ArrayBufferWriter<byte> _output = new(2 * FlushBytes);
    private long _documents, _kept, _tokens, _bytes;
    private double _nll;

    /// <summary>Writes documents as they come, from what <paramref name="scoring"/> gives until it is cancelled.</summary>
    public void Write(Func<CancellationToken, IAsyncEnumerable<DocumentScore>> scoring)
    {
        var progress = new ProgressLine(session.Error, session.ErrorIsTerminal && !session.OutputIsTerminal);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(session.Stop);
        IAsyncEnumerator<DocumentScore> scores = scoring(stop.Token).GetAsyncEnumerator(stop.Token);
        Task<bool> moving = Task.FromResult(false);
        try
        {
            using var json = new Utf8JsonWriter(_output, JsonLine.Options);
            while (true)
            {
                moving = scores.MoveNextAsync().AsTask();

                // What is there is not kept from its reader while the next documents are waited for, or cannot be read.
                if (!moving.IsCompletedSuccessfully || _output.WrittenCount >= FlushBytes) Flush();
                if (!moving.GetAwaiter().GetResult()) break;
                Add(scores.Current, json);
                progress.Report(() => string.Create(s_invariant, $"{Documents()}, {_tokens / progress.Seconds:#,0} tokens/s"));
            }

            Flush();
        }
        finally
        {
            progress.Finish();
            stop.Cancel();
            ((IAsyncResult)moving).AsyncWaitHandle.WaitOne();
            scores.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>The figures of all documents, on standard error.</summary>
    public void WriteSummary()
    {
        string documents = Documents();
        string choice = kept.IsChoice ? string.Create(s_invariant, $", {_kept:#,0} kept") : "";
        var sums = new LossSums(_nll, _tokens, 0);
        session.Error.WriteLine(
            _tokens == 0
                ? $"{documents}{choice}; there is nothing to predict"
                : string.Create(
                    s_invariant,
                    $"NLL {sums.MeanNll:0.0000}  perplexity {Perplexity.Text(sums.Perplexity)}  "
                    + $"bits/byte {sums.BitsPerByte(_bytes):0.0000}  "
                    + $"({documents}{choice}, {_tokens:#,0} tokens predicted, {_bytes:#,0} bytes)"));
    }

    private string Documents() => string.Create(s_invariant, $"{_documents:#,0} {(_documents == 1 ? "document" : "documents")}");

    private void Flush()
    {
        session.Output.BaseStream.Write(_output.WrittenSpan);
        session.Output.BaseStream.Flush();
        _output.ResetWrittenCount();
    }

    private void Add(DocumentScore score, Utf8JsonWriter json)
    {
        _documents++;
        (_tokens, _bytes, _nll) = (_tokens + score.Tokens, _bytes + score.Bytes, _nll + score.Nll);
        if (!kept.Has(score)) return;
        _kept++;
        if (asLines) _output.Write(score.Document.Line.Span);
        else WriteObject(score, json);
        _output.Write("\n"u8);
    }

    private static void WriteObject(DocumentScore score, Utf8JsonWriter json)
    {
        json.Reset();
        json.WriteStartObject();
        json.WriteNumber("index", score.Index);
        json.WriteNumber("tokens", score.Tokens);
        json.WriteNumber("bytes", score.Bytes);
        json.WriteNumber("nll", score.Nll);
        if (score.BitsPerByte is { } bits) json.WriteNumber("bits_per_byte", bits);
        else json.WriteNull("bits_per_byte");
        if (score.Worst is { } worst)
        {
            json.WriteStartObject("worst");
            json.WriteNumber("offset", worst.Offset);
            json.WriteNumber("bytes", worst.Bytes);
            json.WriteNumber("bits_per_byte", worst.BitsPerByte);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("worst");
        }

        json.WriteEndObject();
        json.Flush();
    }
}
