// JSON lines: one object a line, in and out. Text is written as it is, not as \u escapes, so that people can read it.
using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace GruLM.Tokenization;

/// <summary>Reads and writes JSON lines.</summary>
internal static class JsonLine
{
    private const int ShownBytes = 24;

    // As deep as any real object.
    private static readonly JsonReaderOptions s_reading = new() { MaxDepth = 1 << 12 };

    private static readonly byte[] s_mark = [0xEF, 0xBB, 0xBF];

    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>True where nothing stands in a line but white space, the CR of Windows and a byte-order mark.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> line) => WithoutMark(line).Trim(" \t\r"u8).IsEmpty;

    /// <summary>Parses a line that holds one object; a byte-order mark before it, as the first line of a file may have, is passed
    /// over.</summary>
    /// <exception cref="InvalidDataException">It does not.</exception>
    public static JsonDocument Parse(ReadOnlySpan<byte> line)
    {
        line = WithoutMark(line);
        JsonDocument document;
        try
        {
            var reader = new Utf8JsonReader(line, s_reading);
            document = JsonDocument.ParseValue(ref reader);
            if (reader.Read())
            {
                throw new InvalidDataException("after the JSON object there is more; one object a line was expected");
            }
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{Wrong(line, e.BytePositionInLine)}; a JSON object was expected, one a line", e);
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

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> line) => line.StartsWith(s_mark) ? line[s_mark.Length..] : line;

    /// <summary>Where a line stops being JSON, in our words.</summary>
    private static string Wrong(ReadOnlySpan<byte> line, long? position)
    {
        line = line.TrimEnd(" \t\r"u8);
        int at = (int)Math.Clamp(position ?? 0, 0, line.Length);
        if (at == line.Length) return "this JSON ends too early";

        // A character is not cut in two.
        while (at > 0 && (line[at] & 0xC0) == 0x80) at--;
        ReadOnlySpan<byte> rest = line[at..];
        bool all = rest.Length <= ShownBytes;
        string shown = Encoding.UTF8.GetString(all ? rest : rest[..ShownBytes]).TrimEnd('\uFFFD');
        string more = all ? "" : "…";
        return $"this is not JSON from byte {at + 1} on: '{shown}{more}'";
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
