// Results as JSON lines: one object a line. Text is written as it is, not as \u escapes, so that people can read it. Lines that tokenizers
// work on are the library's own affair.
using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace GruLM.Cli.Pipes;

/// <summary>Writes JSON lines.</summary>
internal static class JsonLine
{
    /// <summary>How objects are written.</summary>
    public static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Writes an object as a line of text.</summary>
    public static void Write(TextWriter output, Action<Utf8JsonWriter> fields)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(bytes.WrittenSpan) + "\n");
    }
}
