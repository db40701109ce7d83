// A file of JSON lines, each with the step that it belongs to, appended as they come, so that others can follow a run.
// A run that goes on from a checkpoint drops what was written after it, so that the file reads as one run.

using System.Text.Encodings.Web;
using System.Text.Json;
using GruLM.Formats;

namespace GruLM.Training;

/// <summary>Appends JSON objects with a member <c>step</c>, a line each, in the order of their steps. Not thread-safe.</summary>
public sealed class StepLines : IDisposable
{
    // People read these files too, so that letters outside ASCII are written as they are and not as escapes.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly FileStream _file;

    /// <summary>Opens a file to append to it, or creates it.</summary>
    public StepLines(string path)
    {
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        _file.Seek(0, SeekOrigin.End);
    }

    /// <summary>Drops what was written after <paramref name="step"/>; everything for 0.</summary>
    public void GoBackTo(long step)
    {
        _file.SetLength(step == 0 ? 0 : LengthUpTo(step));
        _file.Seek(0, SeekOrigin.End);
    }

    /// <summary>Appends a line; <paramref name="write"/> adds its members besides the step. The system has it on return.</summary>
    public void Write(long step, Action<Utf8JsonWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        DiskStep.Before($"append to {_file.Name}");
        using (var json = new Utf8JsonWriter(_file, s_options))
        {
            json.WriteStartObject();
            json.WriteNumber("step", step);
            write(json);
            json.WriteEndObject();
        }

        _file.WriteByte((byte)'\n');
        _file.Flush();
    }

    /// <summary>Waits until the disk has all lines.</summary>
    public void FlushToDisk() => _file.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    // A last line without an end was cut short when the process was killed.
    private long LengthUpTo(long step)
    {
        byte[] bytes = new byte[_file.Length];
        _file.Position = 0;
        _file.ReadExactly(bytes);
        int length = 0;
        for (int end; (end = Array.IndexOf(bytes, (byte)'\n', length)) >= 0; length = end + 1)
        {
            if (StepOf(bytes.AsMemory(length, end - length)) is not { } lineStep || lineStep > step) break;
        }

        return length;
    }

    private static long? StepOf(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.GetProperty("step").GetInt64();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
