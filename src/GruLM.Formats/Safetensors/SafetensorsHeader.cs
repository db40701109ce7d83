// The JSON header of a safetensors file, read field by field so that every way of being wrong has its own sentence.
// Stricter than JSON where the format is: names occur once, fields are the three defined ones, sizes are whole numbers,
// and the tensors together cover the data without a hole. Left out on purpose: fields the format may define one day.
using System.Text.Json;

namespace GruLM.Formats;

internal static class SafetensorsHeader
{
    /// <summary>Reads the header; the entries come back in the order of the data.</summary>
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
            throw Wrong(path, $"is no valid JSON near byte {e.BytePositionInLine ?? 0}; it is damaged, fetch or save it again");
        }
        catch (InvalidOperationException)
        {
            // What the JSON reader throws for text that is no valid UTF-8 or escapes half a surrogate pair.
            throw Wrong(path, "holds a name that is no valid text; it is damaged, fetch or save it again");
        }
    }

    private static (List<TensorEntry>, Dictionary<string, string>) Parse(string path, Utf8JsonReader json, long dataStart, long dataBytes)
    {
        var found = new List<(TensorEntry Entry, long End)>();
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
                found.Add(ReadEntry(path, name, ref json, dataStart));
            }
        }

        json.Read(); // Throws on anything but white space after the closing brace.

        // Tensors without elements lie between others, so the end decides among equal starts.
        found.Sort((a, b) => (a.Entry.Start, a.End).CompareTo((b.Entry.Start, b.End)));
        long covered = dataStart;
        foreach ((TensorEntry? entry, long end) in found)
        {
            if (entry.Start != covered)
            {
                string kind = entry.Start > covered ? "a hole before" : "another tensor under";
                throw Wrong(
                    path, $"leaves {kind} tensor '{Shown(entry.Name)}': it starts at byte {entry.Start - dataStart} of the data, {covered - dataStart} was expected");
            }

            covered = end;
        }

        if (covered - dataStart != dataBytes)
        {
            string advice = covered - dataStart > dataBytes
                ? "it was cut short, fetch or save it again"
                : "bytes were appended to it, or it is damaged";
            throw new InvalidDataException(
                $"{path}: has {dataBytes} bytes of tensor data, its header says {covered - dataStart}; {advice}");
        }

        return ([.. found.Select(f => f.Entry)], metadata ?? new Dictionary<string, string>(StringComparer.Ordinal));
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

    private static (TensorEntry Entry, long End) ReadEntry(string path, string name, ref Utf8JsonReader json, long dataStart)
    {
        TensorType? type = null;
        List<long>? shape = null, offsets = null;
        if (name.Length == 0)
        {
            throw Wrong(path, "has a tensor without a name");
        }

        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong(path, $"describes tensor '{Shown(name)}' by something other than an object");
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            switch (json.GetString())
            {
                case "dtype" when type is null:
                    json.Read();
                    string? text = json.TokenType == JsonTokenType.String ? json.GetString() : null;
                    type = TensorTypes.TryParse(text, out TensorType known)
                        ? known
                        : throw Wrong(
                        path, $"gives tensor '{Shown(name)}' the dtype {(text is null ? "of no string" : $"'{Shown(text)}'")}; one of {TensorTypes.KnownNames} was expected");
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(path, name, "shape", ref json);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(path, name, "data_offsets", ref json);
                    break;
                case var field:
                    throw Wrong(
                        path, $"gives tensor '{Shown(name)}' the field '{Shown(field!)}', unknown or for the second time; dtype, shape and data_offsets were expected");
            }
        }

        if (type is null || shape is null || offsets is null)
        {
            throw Wrong(
                path, $"describes tensor '{Shown(name)}' without its {(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}");
        }

        if (offsets.Count != 2 || offsets[1] < offsets[0] || offsets[1] > long.MaxValue - dataStart)
        {
            throw Wrong(
                path, $"gives tensor '{Shown(name)}' the data_offsets [{string.Join(", ", offsets)}]; a start and an end not before it were expected");
        }

        // In 128 bits the product cannot overflow unnoticed as long as it is checked at each step.
        Int128 elements = 1;
        foreach (long size in shape)
        {
            elements = Int128.Min(elements * size, long.MaxValue);
        }

        if (shape.Contains(0))
        {
            elements = 0;
        }

        Int128 bytes = elements * type.Value.SizeInBytes();
        if (bytes != offsets[1] - offsets[0])
        {
            throw Wrong(
                path,
                $"gives tensor '{Shown(name)}' of {type.Value.FormatName()} [{string.Join(", ", shape)}] {offsets[1] - offsets[0]} bytes; its shape takes {(bytes > long.MaxValue ? "more than any file holds" : bytes)}");
        }

        return (new TensorEntry(name, type.Value, shape, (long)elements, dataStart + offsets[0]), dataStart + offsets[1]);
    }

    private static List<long> ReadNumbers(string path, string name, string field, ref Utf8JsonReader json)
    {
        var numbers = new List<long>();
        json.Read();
        if (json.TokenType == JsonTokenType.StartArray)
        {
            while (json.Read() && json.TokenType == JsonTokenType.Number && json.TryGetInt64(out long number) && number >= 0
                && numbers.Count < 64)
            {
                numbers.Add(number);
            }

            if (json.TokenType == JsonTokenType.EndArray)
            {
                return numbers;
            }
        }

        throw Wrong(path, $"gives tensor '{Shown(name)}' a {field} that is no list of whole numbers from 0 up");
    }

    /// <summary>A name fit for one line of a message: cut, and without control characters.</summary>
    private static string Shown(string text)
    {
        string line = new string([.. text.Take(60).Select(c => char.IsControl(c) ? '?' : c)]);
        return text.Length > 60 ? line + "…" : line;
    }

    private static InvalidDataException Wrong(string path, string what) => new($"{path}: its safetensors header {what}");
}
