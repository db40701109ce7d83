// JSON lines (jsonlines.org): an object a line, each a sample. Its text is the field "text"; or "prompt" and "completion", or a list of
// chat "messages" in the form that is usual for fine-tuning, both written in the chat template. In the text as a stream an exchange ends
// with the end marker, which as a sample it gets by being one. Left out on purpose: objects over several lines, other fields.
using System.Text.Json;

namespace GruLM.Corpus;

/// <summary>Reads samples from JSON lines.</summary>
internal static class JsonLinesReader
{
    private const string Expected = "an object with \"text\", with \"prompt\" and \"completion\", or with \"messages\" was expected";

    /// <summary>The records, while they are being read; <paramref name="advice"/> ends every message about one that cannot be.</summary>
    public static IEnumerable<CorpusRecord> Read(CleanedText text, string file, string advice)
    {
        byte[] buffer = new byte[1 << 16];
        int held = 0, number = 0;
        for (int read; ; held += read)
        {
            if (held == buffer.Length)
            {
                Array.Resize(ref buffer, held <= Array.MaxLength / 2
                    ? 2 * held
                    : throw new InvalidDataException($"{file}: line {number + 1} is longer than can be read{advice}"));
            }

            read = text.Read(buffer.AsSpan(held));
            int used = 0;
            for (int end; (end = buffer.AsSpan(used, held + read - used).IndexOf((byte)'\n')) >= 0; used += end + 1)
            {
                if (ReadLine(buffer.AsMemory(used, end), file, ++number, advice) is { } record)
                {
                    yield return record;
                }
            }

            if (read == 0)
            {
                if (ReadLine(buffer.AsMemory(used, held - used), file, ++number, advice) is { } record)
                {
                    yield return record;
                }

                yield break;
            }

            buffer.AsSpan(used, held + read - used).CopyTo(buffer);
            held -= used;
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
            throw new InvalidDataException(
                $"{file}: line {number} is no valid JSON (at byte {error.BytePositionInLine + 1} of the line); {Expected}{advice}", error);
        }
        catch (FormatException error)
        {
            throw new InvalidDataException($"{file}: line {number}: {error.Message}{advice}", error);
        }
        catch (InvalidOperationException error)
        {
            // What GetString says of \ud800 without its other half.
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
            return new CorpusRecord(ChatTemplate.Default.Exchange(String(prompt, "prompt"), String(completion, "completion")),
                ChatTemplate.EndMarker);
        }

        if (record.TryGetProperty("messages", out JsonElement messages))
        {
            return new CorpusRecord(Chat(messages), ChatTemplate.EndMarker);
        }

        string fields = string.Join(", ", record.EnumerateObject().Select(field => $"\"{field.Name}\""));
        throw new FormatException($"has {(fields.Length == 0 ? "no fields" : $"only {fields}")}; {Expected}");
    }

    // What a system says, and what a person says in several messages, belongs to the turn that is answered next.
    private static string Chat(JsonElement messages)
    {
        const string form = "[{\"role\": \"user\", \"content\": \"…\"}, {\"role\": \"assistant\", \"content\": \"…\"}, …]";
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            throw new FormatException($"\"messages\" is {Kind(messages)}; {form} was expected");
        }

        var exchanges = new List<string>();
        var said = new List<string>();
        foreach (JsonElement message in messages.EnumerateArray())
        {
            if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out JsonElement role)
                || !message.TryGetProperty("content", out JsonElement content))
            {
                throw new FormatException($"a message lacks \"role\" or \"content\"; {form} was expected");
            }

            switch (String(role, "role"))
            {
                case "system" or "user":
                    said.Add(String(content, "content"));
                    break;
                case "assistant":
                    exchanges.Add(ChatTemplate.Default.Exchange(string.Join(' ', said), String(content, "content")));
                    said.Clear();
                    break;
                case var other:
                    throw new FormatException($"a message has the role \"{other}\"; system, user or assistant was expected");
            }
        }

        return said.Count == 0
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
