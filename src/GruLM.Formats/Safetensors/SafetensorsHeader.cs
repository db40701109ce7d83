// The JSON header of a safetensors file, read field by field so that every way of being wrong has its own sentence.
// Stricter than JSON where the format is: names occur once, and the tensors together cover the data without a hole. What is said of one
// tensor, TensorFields.cs reads. Left out on purpose: fields the format may define one day.

using System.Text.Json;

namespace GruLM.Formats;

internal static class SafetensorsHeader
{
    /// <summary>Reads the header; the entries come back in the order of the data.</summary>
    /// <exception cref="InvalidDataException">It is not sound; the message names the file and says what was expected.</exception>
    public static (List<TensorEntry> Tensors, Dictionary<string, string> Metadata) Parse(string path, byte[] header, long dataBytes)
    {
        if (header[0] != (byte)'{')
        {
            throw Wrong(path, "does not begin with '{'; it is damaged or no safetensors file");
        }

        try
        {
            return Parse(path, new Utf8JsonReader(header), sizeof(ulong) + header.Length, dataBytes);
        }
        catch (JsonException e)
        {
            long place = e.BytePositionInLine ?? 0;
            throw Wrong(path, $"is no valid JSON near byte {place}; it is damaged, fetch or save it again");
        }
        catch (InvalidOperationException)
        {
            // What the JSON reader throws for text that is no valid UTF-8 or escapes half a surrogate pair.
            throw Wrong(path, "holds a name that is no valid text; it is damaged, fetch or save it again");
        }
    }

    internal static InvalidDataException Wrong(string path, string what) => new($"{path}: its safetensors header {what}");

    /// <summary>A name fit for one line of a message: cut, and without control characters.</summary>
    internal static string Shown(string text)
    {
        const int Longest = 60;
        string line = new([.. text.Take(Longest).Select(c => char.IsControl(c) ? '?' : c)]);
        return text.Length > Longest ? line + "…" : line;
    }

    private static (List<TensorEntry>, Dictionary<string, string>) Parse(string path, Utf8JsonReader json, long dataStart, long dataBytes)
    {
        var tensors = new List<TensorEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        Dictionary<string, string>? metadata = null;

        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            if (!names.Add(name))
            {
                throw Wrong(path, $"names '{Shown(name)}' twice");
            }

            if (name == Safetensors.MetadataKey)
            {
                metadata = ReadMetadata(path, ref json);
            }
            else
            {
                tensors.Add(TensorFields.Read(path, name, ref json).ToEntry(dataStart));
            }
        }

        // Throws on anything but white space after the closing brace.
        json.Read();

        // Tensors without elements lie between others, so the end decides among equal starts.
        tensors.Sort((a, b) => (a.Start, a.Start + a.ByteCount).CompareTo((b.Start, b.Start + b.ByteCount)));
        RequireCover(path, tensors, dataStart, dataBytes);
        return (tensors, metadata ?? new Dictionary<string, string>(StringComparer.Ordinal));
    }

    // Each tensor begins where the one before it ends, and the last one ends with the file.
    private static void RequireCover(string path, List<TensorEntry> tensors, long dataStart, long dataBytes)
    {
        long covered = 0;
        foreach (TensorEntry tensor in tensors)
        {
            long start = tensor.Start - dataStart;
            if (start != covered)
            {
                string kind = start > covered ? "a hole before" : "another tensor under";
                throw Wrong(
                    path,
                    $"leaves {kind} tensor '{Shown(tensor.Name)}': it starts at byte {start} of the data, {covered} was expected");
            }

            covered += tensor.ByteCount;
        }

        if (covered != dataBytes)
        {
            string advice = covered > dataBytes
                ? "it was cut short, fetch or save it again"
                : "bytes were appended to it, or it is damaged";
            throw new InvalidDataException($"{path}: has {dataBytes} bytes of tensor data, its header says {covered}; {advice}");
        }
    }

    private static Dictionary<string, string> ReadMetadata(string path, ref Utf8JsonReader json)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong(path, $"has a {Safetensors.MetadataKey} that is no object of strings");
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string key = json.GetString()!;
            json.Read();
            if (json.TokenType != JsonTokenType.String)
            {
                throw Wrong(path, $"has a {Safetensors.MetadataKey} whose '{Shown(key)}' is no string");
            }

            if (!metadata.TryAdd(key, json.GetString()!))
            {
                throw Wrong(path, $"has a {Safetensors.MetadataKey} that names '{Shown(key)}' twice");
            }
        }

        return metadata;
    }
}
