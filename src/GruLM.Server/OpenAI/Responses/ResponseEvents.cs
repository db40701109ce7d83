// A response of /v1/responses as it is written: the events that OpenAI's clients put together to the whole, or the one that says that it
// failed.

using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Streams one response. Not thread-safe.</summary>
internal sealed class ResponseEvents(EventStream events, ResponseAnswer answer)
{
    private int _number;

    /// <summary>Writes a response as events.</summary>
    public static async Task Stream(HttpResponse response, ResponseAnswer answer, TextOrder order)
    {
        var events = new EventStream(response);
        var all = new ResponseEvents(events, answer);
        events.WriteError = all.WriteFailed;
        await all.Write(order, response.HttpContext.RequestAborted).ConfigureAwait(false);
        await events.Flush().ConfigureAwait(false);
    }

    private async Task Write(TextOrder order, CancellationToken cancel)
    {
        await WriteBeginning().ConfigureAwait(false);
        var written = new StringBuilder();
        TextEnd? end = null;
        await events.Pump(answer.Use.Write(order, cancel), async part =>
        {
            end = part.End;
            if (part.Text.Length == 0) return;
            written.Append(part.Text);
            await OfPart("response.output_text.delta", json =>
            {
                json.WriteString("delta", part.Text);
                WriteNoLogProbs(json);
            }).ConfigureAwait(false);
        }).ConfigureAwait(false);
        answer.Keep(end!);
        await WriteEnd(new WrittenText(written.ToString(), [], end!)).ConfigureAwait(false);
    }

    private async Task WriteBeginning()
    {
        await OfResponse("response.created", null).ConfigureAwait(false);
        await OfResponse("response.in_progress", null).ConfigureAwait(false);
        await OfMessage("response.output_item.added", null).ConfigureAwait(false);
        await OfPart("response.content_part.added", json => WritePart(json, "")).ConfigureAwait(false);
    }

    private async Task WriteEnd(WrittenText text)
    {
        await OfPart("response.output_text.done", json =>
        {
            json.WriteString("text", text.Text);
            WriteNoLogProbs(json);
        }).ConfigureAwait(false);
        await OfPart("response.content_part.done", json => WritePart(json, text.Text)).ConfigureAwait(false);
        await OfMessage("response.output_item.done", text).ConfigureAwait(false);
        string last = ResponseAnswer.IsComplete(text.End) ? "response.completed" : "response.incomplete";
        await OfResponse(last, text).ConfigureAwait(false);
    }

    private Task WriteFailed(ApiException error) => Event("response.failed", json =>
    {
        json.WritePropertyName("response");
        answer.WriteFailed(json, error);
    });

    private Task OfResponse(string type, WrittenText? text) => Event(type, json =>
    {
        json.WritePropertyName("response");
        answer.Write(json, text);
    });

    private Task OfMessage(string type, WrittenText? text) => Event(type, json =>
    {
        json.WriteNumber("output_index", 0);
        json.WritePropertyName("item");
        answer.WriteMessage(json, text);
    });

    private Task OfPart(string type, Action<Utf8JsonWriter> write) => Event(type, json =>
    {
        json.WriteString("item_id", answer.MessageId);
        json.WriteNumber("output_index", 0);
        json.WriteNumber("content_index", 0);
        write(json);
    });

    private Task Event(string type, Action<Utf8JsonWriter> write) => events.Write(
        json =>
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteNumber("sequence_number", _number++);
            write(json);
            json.WriteEndObject();
        },
        type);

    private static void WritePart(Utf8JsonWriter json, string text)
    {
        json.WritePropertyName("part");
        ResponseAnswer.WritePart(json, text);
    }

    private static void WriteNoLogProbs(Utf8JsonWriter json)
    {
        json.WriteStartArray("logprobs");
        json.WriteEndArray();
    }
}
