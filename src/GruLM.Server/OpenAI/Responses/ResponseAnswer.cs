// A response of /v1/responses, as it stands at its beginning and at its end.

using System.Text.Json;

namespace GruLM.Server;

/// <summary>Writes one response.</summary>
/// <param name="Model">Who answers.</param>
/// <param name="Use">The request's figures.</param>
/// <param name="Options">How the reply is written.</param>
internal sealed record ResponseAnswer(ServedModel Model, RequestUse Use, GenerationOptions Options)
{
    private readonly long _created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
    private readonly string _id = $"resp_{Guid.NewGuid():N}";

    /// <summary>The id of its message.</summary>
    public string MessageId { get; } = $"msg_{Guid.NewGuid():N}";

    /// <summary>What was said before the input.</summary>
    public string? Instructions { get; init; }

    /// <summary>The response that this goes on from.</summary>
    public string? Previous { get; init; }

    /// <summary>The form that was asked for; null: any text.</summary>
    public JsonElement? Format { get; init; }

    /// <summary>What the request wants back as it is.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>The most tokens that were asked for; null: none were.</summary>
    public long? MostTokens { get; init; }

    /// <summary>Whether it can be gone on from.</summary>
    public bool IsStored { get; init; }

    /// <summary>Where the state is sealed that the response returns; null: it returns none.</summary>
    public StateTokens? States { get; init; }

    /// <summary>Whether a text ended by itself.</summary>
    public static bool IsComplete(TextEnd end) => end.Reason == GruLM.FinishReason.Stop;

    /// <summary>Keeps the state behind the reply, where it is to be gone on from.</summary>
    public void Keep(TextEnd end)
    {
        if (IsStored && end.State is { } state) Model.Responses.Keep(_id, state);
    }

    /// <summary>Writes the response; <paramref name="text"/> is null as long as it is being written.</summary>
    public void Write(Utf8JsonWriter json, WrittenText? text) => Write(json, text, null);

    /// <summary>Writes the response of a reply that could not be written to its end.</summary>
    public void WriteFailed(Utf8JsonWriter json, ApiException error) => Write(json, null, error);

    /// <summary>Writes the message of the reply; <paramref name="text"/> is null as long as it is being written.</summary>
    public void WriteMessage(Utf8JsonWriter json, WrittenText? text)
    {
        json.WriteStartObject();
        json.WriteString("id", MessageId);
        json.WriteString("type", "message");
        json.WriteString("status", StatusOf(text, null));
        json.WriteString("role", "assistant");
        json.WriteStartArray("content");
        if (text is not null) WritePart(json, text.Text);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes the message's one part.</summary>
    public static void WritePart(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type", "output_text");
        json.WriteString("text", text);
        json.WriteStartArray("annotations");
        json.WriteEndArray();
        json.WriteStartArray("logprobs");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Write(Utf8JsonWriter json, WrittenText? text, ApiException? error)
    {
        bool isCut = text is not null && !IsComplete(text.End);
        json.WriteStartObject();
        json.WriteString("id", _id);
        json.WriteString("object", "response");
        json.WriteNumber("created_at", _created);
        json.WriteString("status", StatusOf(text, error));
        json.WriteBoolean("background", false);
        WriteError(json, error);
        WriteCut(json, isCut);
        json.WriteString("instructions", Instructions);
        if (MostTokens is { } most) json.WriteNumber("max_output_tokens", most);
        else json.WriteNull("max_output_tokens");
        json.WriteString("model", Model.Name);
        json.WriteStartArray("output");
        if (text is not null) WriteMessage(json, text);
        json.WriteEndArray();
        WriteSettings(json);
        WriteUsage(json, text?.End);
        if (States is not null && text?.End.State is { } state) json.WriteString("state", States.Seal(Model, state));
        json.WriteEndObject();
    }

    private static string StatusOf(WrittenText? text, ApiException? error)
    {
        if (error is not null) return "failed";
        if (text is null) return "in_progress";
        return IsComplete(text.End) ? "completed" : "incomplete";
    }

    private static void WriteError(Utf8JsonWriter json, ApiException? error)
    {
        if (error is null)
        {
            json.WriteNull("error");
            return;
        }

        json.WriteStartObject("error");
        json.WriteString("code", error.Kind);
        json.WriteString("message", error.Message);
        json.WriteEndObject();
    }

    private static void WriteCut(Utf8JsonWriter json, bool isCut)
    {
        if (!isCut)
        {
            json.WriteNull("incomplete_details");
            return;
        }

        json.WriteStartObject("incomplete_details");
        json.WriteString("reason", "max_output_tokens");
        json.WriteEndObject();
    }

    private void WriteSettings(Utf8JsonWriter json)
    {
        json.WriteBoolean("parallel_tool_calls", false);
        json.WriteString("previous_response_id", Previous);
        json.WriteBoolean("store", IsStored);
        json.WriteNumber("temperature", Options.Sampling!.Temperature);
        json.WriteStartObject("text");
        json.WritePropertyName("format");
        if (Format is { } format) format.WriteTo(json);
        else json.WriteRawValue("""{"type":"text"}""");
        json.WriteEndObject();
        json.WriteString("tool_choice", "none");
        json.WriteStartArray("tools");
        json.WriteEndArray();
        json.WriteNumber("top_p", Options.Sampling.TopP);
        json.WriteString("truncation", "disabled");
        json.WritePropertyName("metadata");
        if (Metadata is { } metadata) metadata.WriteTo(json);
        else json.WriteRawValue("{}");
    }

    // These models do not reason apart from their reply, so that no token of it is reasoning.
    private void WriteUsage(Utf8JsonWriter json, TextEnd? end)
    {
        if (end is null)
        {
            json.WriteNull("usage");
            return;
        }

        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", Use.TokensRead);
        json.WriteStartObject("input_tokens_details");
        json.WriteNumber("cached_tokens", end.TokensKept);
        json.WriteEndObject();
        json.WriteNumber("output_tokens", end.TokensWritten);
        json.WriteStartObject("output_tokens_details");
        json.WriteNumber("reasoning_tokens", 0);
        json.WriteEndObject();
        json.WriteNumber("total_tokens", Use.TokensRead + end.TokensWritten);
        json.WriteEndObject();
    }
}
