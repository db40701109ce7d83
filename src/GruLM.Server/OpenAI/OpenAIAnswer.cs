// What answers of OpenAI's interfaces have in common: their head, their choices one after another or as a stream, and what was used.

using System.Text.Json;

namespace GruLM.Server;

/// <summary>Writes the answer to one request.</summary>
/// <param name="Model">Who answers.</param>
/// <param name="Tokens">Tokens of the prompts.</param>
/// <param name="IncludeUsage">Whether a stream ends with what was used.</param>
internal abstract record OpenAIAnswer(ServedModel Model, int Tokens, bool IncludeUsage)
{
    private readonly long _created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>Where states are sealed that the answer returns; null: it returns none.</summary>
    public StateTokens? States { get; init; }

    /// <summary>Its id.</summary>
    public string Id { get; protected init; } = "";

    /// <summary>The name of a whole answer's kind.</summary>
    protected abstract string Whole { get; }

    /// <summary>The name of a streamed part's kind.</summary>
    protected abstract string Chunk { get; }

    /// <summary>Writes the whole answer.</summary>
    public void WriteWhole(Utf8JsonWriter json, IReadOnlyList<WrittenText> texts, int written)
    {
        WriteHead(json, Whole);
        json.WriteStartArray("choices");
        foreach ((int index, WrittenText text) in texts.Index())
        {
            json.WriteStartObject();
            json.WriteNumber("index", index);
            WriteText(json, index, text);
            WriteEnd(json, text.End);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteUsage(json, written);
        json.WriteEndObject();
    }

    /// <summary>Writes the first part of a stream, with the beginning of each choice.</summary>
    public void WriteFirstPart(Utf8JsonWriter json, int count)
    {
        WriteHead(json, Chunk);
        json.WriteStartArray("choices");
        for (int i = 0; i < count; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("index", i);
            WriteBeginning(json, i);
            json.WriteNull("finish_reason");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (IncludeUsage) json.WriteNull("usage");
        json.WriteEndObject();
    }

    /// <summary>Writes a part of a stream.</summary>
    public void WritePart(Utf8JsonWriter json, int index, TextPart part)
    {
        WriteHead(json, Chunk);
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", index);
        WriteDelta(json, index, part);
        if (part.End is { } end) WriteEnd(json, end);
        else json.WriteNull("finish_reason");
        json.WriteEndObject();
        json.WriteEndArray();
        if (IncludeUsage) json.WriteNull("usage");
        json.WriteEndObject();
    }

    /// <summary>Writes the last part of a stream, with what was used.</summary>
    public void WriteUsagePart(Utf8JsonWriter json, int written)
    {
        WriteHead(json, Chunk);
        json.WriteStartArray("choices");
        json.WriteEndArray();
        WriteUsage(json, written);
        json.WriteEndObject();
    }

    /// <summary>Writes a choice's text.</summary>
    protected abstract void WriteText(Utf8JsonWriter json, int index, WrittenText text);

    /// <summary>Writes a part of a choice's text.</summary>
    protected abstract void WriteDelta(Utf8JsonWriter json, int index, TextPart part);

    /// <summary>Writes what a choice begins with, before the model has written anything.</summary>
    protected abstract void WriteBeginning(Utf8JsonWriter json, int index);

    private void WriteHead(Utf8JsonWriter json, string kind)
    {
        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteString("object", kind);
        json.WriteNumber("created", _created);
        json.WriteString("model", Model.Name);
        json.WriteString("system_fingerprint", Model.Fingerprint);
    }

    private void WriteEnd(Utf8JsonWriter json, TextEnd end)
    {
        json.WriteString("finish_reason", end.Reason == FinishReason.Stop ? "stop" : "length");
        if (States is not null && end.State is { } state) json.WriteString("state", States.Seal(Model, state));
    }

    private void WriteUsage(Utf8JsonWriter json, int written)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", Tokens);
        json.WriteNumber("completion_tokens", written);
        json.WriteNumber("total_tokens", Tokens + written);
        json.WriteEndObject();
    }
}
