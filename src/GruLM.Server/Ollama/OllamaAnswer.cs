// The answer of /api/generate and /api/chat: one object, or lines of them, with times that were measured in nanoseconds.

using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Writes one answer.</summary>
/// <param name="Name">The model's name, as the request has it.</param>
/// <param name="Use">The request's figures.</param>
/// <param name="IsChat">Whether texts stand in messages.</param>
internal sealed record OllamaAnswer(string Name, RequestUse Use, bool IsChat)
{
    /// <summary>The answer to a request that asks <paramref name="model"/>, which its figures are then noted for.</summary>
    public static OllamaAnswer To(RequestBody body, ServedModel model, RequestUse use, bool isChat)
    {
        use.Model = model;
        return new OllamaAnswer(body.Text(ModelShelf.Field) ?? OllamaRequest.NameOf(model), use, isChat);
    }

    /// <summary>Answers with the text of an order.</summary>
    public async Task Write(HttpResponse response, TextOrder order, bool isStream)
    {
        CancellationToken cancel = response.HttpContext.RequestAborted;
        Use.TokensRead = order.Read.Sum(ids => ids.Length);
        if (!isStream)
        {
            WrittenText text = await WrittenText.Write(Use, order, cancel).ConfigureAwait(false);
            await JsonAnswer.Write(response, json => WriteEnd(json, text.Text, text.End)).ConfigureAwait(false);
            return;
        }

        var events = new EventStream(response, lines: true);
        await events.Pump(Use.Write(order, cancel), async part =>
        {
            if (part.Text.Length > 0) await events.Write(json => WritePart(json, part.Text)).ConfigureAwait(false);
            if (part.End is { } end) await events.Write(json => WriteEnd(json, "", end)).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await events.Flush().ConfigureAwait(false);
    }

    /// <summary>Answers a request that only wants the model to be there.</summary>
    public Task WriteLoaded(HttpResponse response) => JsonAnswer.Write(response, json =>
    {
        WriteHead(json, "", isDone: true);
        json.WriteString("done_reason", "load");
        json.WriteEndObject();
    });

    private void WritePart(Utf8JsonWriter json, string text)
    {
        WriteHead(json, text, isDone: false);
        json.WriteEndObject();
    }

    // Loading is all that comes before the model reads: waiting for a place, and cutting the prompt into tokens.
    private void WriteEnd(Utf8JsonWriter json, string text, TextEnd end)
    {
        long now = Stopwatch.GetTimestamp(), first = Use.First == 0 ? now : Use.First;
        WriteHead(json, text, isDone: true);
        json.WriteString("done_reason", end.Reason == FinishReason.Stop ? "stop" : "length");
        WriteTime(json, "total_duration", Use.Started, now);
        WriteTime(json, "load_duration", Use.Started, Use.Begun);
        json.WriteNumber("prompt_eval_count", Use.TokensRead);
        WriteTime(json, "prompt_eval_duration", Use.Begun, first);
        json.WriteNumber("eval_count", end.TokensWritten);
        WriteTime(json, "eval_duration", first, now);
        json.WriteEndObject();
    }

    private void WriteHead(Utf8JsonWriter json, string text, bool isDone)
    {
        json.WriteStartObject();
        json.WriteString("model", Name);
        json.WriteString("created_at", DateTime.UtcNow);
        if (IsChat)
        {
            json.WriteStartObject("message");
            json.WriteString("role", "assistant");
            json.WriteString("content", text);
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("response", text);
        }

        json.WriteBoolean("done", isDone);
    }

    /// <summary>Writes the time between two time stamps of <see cref="Stopwatch"/>, in nanoseconds.</summary>
    public static void WriteTime(Utf8JsonWriter json, string name, long from, long to) =>
        json.WriteNumber(name, Stopwatch.GetElapsedTime(from, to).Ticks * TimeSpan.NanosecondsPerTick);
}
