// One JSON record as a sample. Its text is the field "text"; or "prompt" and "completion", or a list of chat "messages" in the form that is
// usual for fine-tuning, both written in the chat template. After an exchange the text has the end marker; the sample does not, since every
// sample is followed by one when it is trained on. Left out on purpose: other fields, messages of tools, pictures.

using System.Text.Json;

namespace GruLM.Corpus;

/// <summary>Reads a sample from an object.</summary>
internal static class JsonRecord
{
    /// <summary>What an object is to have.</summary>
    public const string Expected = "an object with \"text\", with \"prompt\" and \"completion\", or with \"messages\" was expected";

    // Objects may be as deep as they like: only their own fields are looked at.
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = int.MaxValue };

    /// <summary>Whether this is an object with the fields of a record, whatever these hold.</summary>
    public static bool IsRecord(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, s_options);
            JsonElement record = document.RootElement;
            return record.ValueKind == JsonValueKind.Object && (Has("text") || (Has("prompt") && Has("completion")) || Has("messages"));
            bool Has(string field) => record.TryGetProperty(field, out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The sample of an object.</summary>
    /// <exception cref="JsonException">It is no valid JSON.</exception>
    /// <exception cref="FormatException">It is no record; the message says why.</exception>
    public static CorpusRecord Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, s_options);
        try
        {
            return Record(document.RootElement);
        }
        catch (InvalidOperationException error)
        {
            // GetString throws it for half of a surrogate pair, such as \ud800 alone.
            throw new FormatException($"a text in it is no valid Unicode; {Expected}", error);
        }
    }

    private static CorpusRecord Record(JsonElement record)
    {
        if (record.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"is {Kind(record)}; {Expected}");
        }

        if (record.TryGetProperty("text", out JsonElement text))
        {
            return new CorpusRecord(String(text, "text"), "");
        }

        if (record.TryGetProperty("prompt", out JsonElement prompt) && record.TryGetProperty("completion", out JsonElement completion))
        {
            return CorpusRecord.OfExchange(String(prompt, "prompt"), String(completion, "completion"));
        }

        if (record.TryGetProperty("messages", out JsonElement messages))
        {
            return Chat(messages);
        }

        string names = string.Join(", ", record.EnumerateObject().Select(field => $"\"{field.Name}\""));
        string fields = names.Length == 0 ? "no fields" : "only " + names;
        throw new FormatException($"has {fields}; {Expected}");
    }

    // What a system says, and what a person says in several messages, belongs to the turn that is answered next.
    private static CorpusRecord Chat(JsonElement messages)
    {
        const string Form = "[{\"role\": \"user\", \"content\": \"…\"}, {\"role\": \"assistant\", \"content\": \"…\"}, …]";
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            throw new FormatException($"\"messages\" is {Kind(messages)}; {Form} was expected");
        }

        var exchanges = new List<string>();
        var unanswered = new List<string>();
        bool hasMarker = false;
        foreach (JsonElement message in messages.EnumerateArray())
        {
            if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out JsonElement role)
                || !message.TryGetProperty("content", out JsonElement content))
            {
                throw new FormatException($"a message lacks \"role\" or \"content\"; {Form} was expected");
            }

            bool isAnswer = IsAnswer(String(role, "role"));
            string said = Content(content, message);
            hasMarker |= CorpusRecord.HasMarker(said);
            if (!isAnswer)
            {
                unanswered.Add(said);
                continue;
            }

            exchanges.Add(ChatTemplate.Default.Exchange(string.Join(' ', unanswered), said));
            unanswered.Clear();
        }

        return unanswered.Count == 0
            ? CorpusRecord.OfExchanges(string.Join(ChatTemplate.EndMarker, exchanges), hasMarker)
            : throw new FormatException("the last of the \"messages\" is not the assistant's, so nothing answers it");
    }

    private static bool IsAnswer(string role) => role switch
    {
        "system" or "developer" or "user" => false,
        "assistant" => true,
        _ => throw new FormatException($"a message has the role \"{role}\"; system, developer, user or assistant was expected"),
    };

    // A text, or a list of parts, which are one text.
    private static string Content(JsonElement content, JsonElement message)
    {
        if (content.ValueKind == JsonValueKind.Array) return string.Concat(content.EnumerateArray().Select(Part));
        if (content.ValueKind == JsonValueKind.Null && message.TryGetProperty("tool_calls", out _))
        {
            throw new FormatException("a message calls tools and says nothing; messages of text were expected");
        }

        return String(content, "content");
    }

    private static string Part(JsonElement part)
    {
        if (part.ValueKind == JsonValueKind.String) return part.GetString()!;
        if (part.ValueKind == JsonValueKind.Object)
        {
            if (part.TryGetProperty("text", out JsonElement text)) return String(text, "text");
            if (part.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String)
            {
                throw new FormatException($"a part of a \"content\" is of the type \"{type.GetString()}\"; parts of text were expected");
            }
        }

        throw new FormatException($"a part of a \"content\" is {Kind(part)}; {{\"type\": \"text\", \"text\": \"…\"}} was expected");
    }

    private static string String(JsonElement value, string field) =>
        value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new FormatException($"\"{field}\" is {Kind(value)}; a text was expected");

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => value.GetArrayLength() == 0 ? "an empty list" : "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}
