// What grulm score writes of documents, in memory: an object each, or the lines of those that are kept, with the figures of all.

using System.Buffers;
using System.Text.Json;
using GruLM.Cli.Pipes;

namespace GruLM.Cli.Commands;

/// <summary>Collects the lines of documents; <paramref name="asLines"/>: the lines themselves, without their figures.</summary>
internal sealed class DocumentLines(KeptDocuments kept, bool asLines) : IDisposable
{
    /// <summary>With so many bytes it is time to write them.</summary>
    public const int EnoughBytes = 1 << 15;

    private readonly ArrayBufferWriter<byte> _lines = new(2 * EnoughBytes);
    private Utf8JsonWriter? _json;

    /// <summary>The figures of all documents that were added.</summary>
    public DocumentSums Sums { get; private set; }

    /// <summary>What is to be written.</summary>
    public ReadOnlySpan<byte> Written => _lines.WrittenSpan;

    /// <summary>Adds a document.</summary>
    public void Add(DocumentScore score)
    {
        bool isKept = kept.Has(score);
        Sums = Sums.With(score, isKept);
        if (!isKept) return;
        if (asLines) _lines.Write(score.Document.Line.Span);
        else WriteObject(score, _json ??= new Utf8JsonWriter(_lines, JsonLine.Options));
        _lines.Write("\n"u8);
    }

    /// <summary>Forgets what is to be written.</summary>
    public void Clear() => _lines.ResetWrittenCount();

    /// <inheritdoc/>
    public void Dispose() => _json?.Dispose();

    private static void WriteObject(DocumentScore score, Utf8JsonWriter json)
    {
        json.Reset();
        json.WriteStartObject();
        json.WriteNumber("index", score.Index);
        json.WriteNumber("tokens", score.Tokens);
        json.WriteNumber("bytes", score.Bytes);
        json.WriteNumber("nll", score.Nll);
        if (score.BitsPerByte is { } bits) json.WriteNumber("bits_per_byte", bits);
        else json.WriteNull("bits_per_byte");
        if (score.Worst is { } worst)
        {
            json.WriteStartObject("worst");
            json.WriteNumber("offset", worst.Offset);
            json.WriteNumber("bytes", worst.Bytes);
            json.WriteNumber("bits_per_byte", worst.BitsPerByte);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("worst");
        }

        json.WriteEndObject();
        json.Flush();
    }
}
