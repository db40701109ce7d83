// A record as a line of JSON, so that what is kept of a corpus of records is one again: an object of JSON lines as it stood, one that stood
// on several lines of a list on one, and a row of a table as the object that says the same.

using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace GruLM.Corpus;

/// <summary>Spells records. Safe for several threads.</summary>
internal static class RecordLine
{
    private static readonly JsonWriterOptions s_writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // As the reader of records has it.
    private static readonly JsonDocumentOptions s_reading = new() { MaxDepth = int.MaxValue };

    /// <summary>The line of a record, of which nothing after it has been read.</summary>
    public static ReadOnlyMemory<byte> Of(CorpusRecord record)
    {
        if (!record.Json.IsEmpty) return Of(record.Json);
        return record.Exchange is { } exchange
            ? OfFields(("prompt", exchange.Prompt), ("completion", exchange.Completion))
            : OfFields(("text", record.Sample));
    }

    private static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> json)
    {
        ReadOnlySpan<byte> record = json.Span.Trim(" \t\r\n"u8);
        if (!record.ContainsAny((byte)'\n', (byte)'\r')) return record.ToArray();
        using var document = JsonDocument.Parse(json, s_reading);
        return Write(writer => document.RootElement.WriteTo(writer));
    }

    private static ReadOnlyMemory<byte> OfFields(params (string Name, string Value)[] fields) => Write(writer =>
    {
        writer.WriteStartObject();
        foreach ((string name, string value) in fields) writer.WriteString(name, value);
        writer.WriteEndObject();
    });

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes, s_writing)) write(writer);
        return bytes.WrittenMemory;
    }
}
