// JSON lines (jsonlines.org): an object a line, each a sample. Its text is the field "text"; or "prompt" and "completion", or a list of
// chat "messages" in the form that is usual for fine-tuning, both written in the chat template. After an exchange the text has the end
// marker; the sample does not, since every sample is followed by one when it is trained on. Left out on purpose: objects over several
// lines, other fields.

using System.Text.Json;

namespace GruLM.Corpus;

/// <summary>Reads samples from JSON lines.</summary>
internal static class JsonLinesReader
{
    private const string Expected = "an object with \"text\", with \"prompt\" and \"completion\", or with \"messages\" was expected";

    /// <summary>The records, while they are being read; <paramref name="advice"/> ends every message about one that cannot be.</summary>
    public static IEnumerable<CorpusRecord> Read(CleanedText text, string file, string advice)
    {
        int number = 0;
        foreach (ReadOnlyMemory<byte> line in Lines(text, file, advice))
        {
            if (ReadLine(line, file, ++number, advice) is { } record)
            {
                yield return record;
            }
        }
    }

    /// <summary>Whether a line is an object with the fields of a record, whatever these hold.</summary>
    public static bool IsRecord(ReadOnlyMemory<byte> line)
    {
        if (line.IsEmpty)
        {
            return false;
        }

        try
        {
            using var json = JsonDocument.Parse(line);
            JsonElement record = json.RootElement;
            return record.ValueKind == JsonValueKind.Object && (Has("text") || (Has("prompt") && Has("completion")) || Has("messages"));
            bool Has(string field) => record.TryGetProperty(field, out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // The lines without their ends, each valid until the next; the last one, which no line end follows, may be empty.
    private static IEnumerable<ReadOnlyMemory<byte>> Lines(CleanedText text, string file, string advice)
    {
        byte[] buffer = new byte[1 << 16];
        int held = 0, number = 1;
        while (true)
        {
            if (held == buffer.Length)
            {
                if (held > Array.MaxLength / 2)
                {
                    throw new InvalidDataException($"{file}: line {number} is longer than can be read{advice}");
                }

                Array.Resize(ref buffer, 2 * held);
            }

            int read = text.Read(buffer.AsSpan(held)), used = 0;
            held += read;
            for (int end; (end = buffer.AsSpan(used, held - used).IndexOf((byte)'\n')) >= 0; used += end + 1)
            {
                number++;
                yield return buffer.AsMemory(used, end);
            }

            if (read == 0)
            {
                yield return buffer.AsMemory(used, held - used);
                yield break;
            }

            held -= used;
            buffer.AsSpan(used, held).CopyTo(buffer);
        }
    }

    private static CorpusRecord? ReadLine(ReadOnlyMemory<byte> line, string file, int number, string advice)
    {
        if (TextSplit.IsBlank(line.Span))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(line);
            return Record(json.RootElement);
        }
        catch (JsonException error)
        {
            long? place = error.BytePositionInLine + 1;
            throw new InvalidDataException(
                $"{file}: line {number} is no valid JSON (at byte {place} of the line); {Expected}{advice}", error);
        }
        catch (FormatException error)
        {
            throw new InvalidDataException($"{file}: line {number}: {error.Message}{advice}", error);
        }
        catch (InvalidOperationException error)
        {
            // GetString throws it for half of a surrogate pair, such as \ud800 alone.
            throw new InvalidDataException($"{file}: line {number}: a text in it is no valid Unicode; {Expected}{advice}", error);
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
            string exchange = ChatTemplate.Default.Exchange(String(prompt, "prompt"), String(completion, "completion"));
            return new CorpusRecord(exchange, ChatTemplate.EndMarker);
        }

        if (record.TryGetProperty("messages", out JsonElement messages))
        {
            return new CorpusRecord(Chat(messages), ChatTemplate.EndMarker);
        }

        string names = string.Join(", ", record.EnumerateObject().Select(field => $"\"{field.Name}\""));
        string fields = names.Length == 0 ? "no fields" : "only " + names;
        throw new FormatException($"has {fields}; {Expected}");
    }

    // What a system says, and what a person says in several messages, belongs to the turn that is answered next.
    private static string Chat(JsonElement messages)
    {
        const string Form = "[{\"role\": \"user\", \"content\": \"…\"}, {\"role\": \"assistant\", \"content\": \"…\"}, …]";
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            throw new FormatException($"\"messages\" is {Kind(messages)}; {Form} was expected");
        }

        var exchanges = new List<string>();
        var unanswered = new List<string>();
        foreach (JsonElement message in messages.EnumerateArray())
        {
            if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out JsonElement role)
                || !message.TryGetProperty("content", out JsonElement content))
            {
                throw new FormatException($"a message lacks \"role\" or \"content\"; {Form} was expected");
            }

            switch (String(role, "role"))
            {
                case "system" or "user":
                    unanswered.Add(String(content, "content"));
                    break;
                case "assistant":
                    exchanges.Add(ChatTemplate.Default.Exchange(string.Join(' ', unanswered), String(content, "content")));
                    unanswered.Clear();
                    break;
                case var other:
                    throw new FormatException($"a message has the role \"{other}\"; system, user or assistant was expected");
            }
        }

        return unanswered.Count == 0
            ? string.Join(ChatTemplate.EndMarker, exchanges)
            : throw new FormatException("the last of the \"messages\" is not the assistant's, so nothing answers it");
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
