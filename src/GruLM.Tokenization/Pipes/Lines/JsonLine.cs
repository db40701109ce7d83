// JSON lines: one object a line, in and out. Text is written as it is, not as \u escapes, so that people can read it.
using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace GruLM.Tokenization;

/// <summary>Reads and writes JSON lines.</summary>
internal static class JsonLine
{
    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Parses a line that holds one object.</summary>
    /// <exception cref="InvalidDataException">It does not.</exception>
    public static JsonDocument Parse(ReadOnlySpan<byte> line)
    {
        JsonDocument document;
        try
        {
            var reader = new Utf8JsonReader(line);
            document = JsonDocument.ParseValue(ref reader);
            if (reader.Read())
            {
                throw new InvalidDataException("after the JSON object there is more; one object a line was expected");
            }
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"this is not JSON, one object a line was expected: {e.Message}", e);
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException($"a JSON object was expected, this is {Kind(document.RootElement.ValueKind)}");
        }

        return document;
    }

    /// <summary>The text of a field.</summary>
    /// <exception cref="InvalidDataException">There is none, or it is not text.</exception>
    public static string Text(JsonElement element, string field)
    {
        if (!element.TryGetProperty(field, out JsonElement value))
        {
            throw new InvalidDataException($"the object has no field \"{field}\"");
        }

        return Text(value);
    }

    /// <summary>A value that must be text.</summary>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public static string Text(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw new InvalidDataException($"text was expected, this is {Kind(value.ValueKind)}");
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException("the text holds half of a surrogate pair or bytes that are not UTF-8", e);
        }
    }

    /// <summary>Writes an object and ends the line.</summary>
    public static void Write(IBufferWriter<byte> output, Action<Utf8JsonWriter> fields)
    {
        using var json = new Utf8JsonWriter(output, s_options);
        json.WriteStartObject();
        fields(json);
        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }

    private static string Kind(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.Number => "a number",
        JsonValueKind.String => "text",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}
