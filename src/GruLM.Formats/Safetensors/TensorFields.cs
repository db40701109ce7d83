// What the header of a safetensors file says of one tensor: its type, its shape and the place of its bytes. Only these three fields may
// be there, each once, and the shape must take as many bytes as the place has.

using System.Text.Json;

namespace GruLM.Formats;

/// <summary>The fields of one tensor in a header, as far as they have been read.</summary>
internal sealed class TensorFields
{
    // Far more than any tensor has; a longer list is refused while it is read.
    private const int MostNumbers = 64;

    private readonly string _path;
    private readonly string _name;
    private TensorType? _type;
    private List<long>? _shape;
    private List<long>? _offsets;

    private TensorFields(string path, string name) => (_path, _name) = (path, name);

    // The name as messages show it.
    private string Shown => SafetensorsHeader.Shown(_name);

    /// <summary>Reads the object that follows a tensor's name.</summary>
    public static TensorFields Read(string path, string name, ref Utf8JsonReader json)
    {
        var fields = new TensorFields(path, name);
        if (name.Length == 0)
        {
            throw fields.Wrong("has a tensor without a name");
        }

        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw fields.Wrong($"describes tensor '{fields.Shown}' by something other than an object");
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            fields.ReadField(ref json);
        }

        return fields;
    }

    /// <summary>The tensor, when its fields agree; <paramref name="dataStart"/> is where in the file the data begins.</summary>
    public TensorEntry ToEntry(long dataStart)
    {
        if (_type is not { } type)
        {
            throw Missing("dtype");
        }

        if (_shape is null)
        {
            throw Missing("shape");
        }

        if (_offsets is null)
        {
            throw Missing("data_offsets");
        }

        if (_offsets.Count != 2 || _offsets[1] < _offsets[0] || _offsets[1] > long.MaxValue - dataStart)
        {
            string list = string.Join(", ", _offsets);
            throw Wrong($"gives tensor '{Shown}' the data_offsets [{list}]; a start and an end not before it were expected");
        }

        Int128 elements = ElementCount(_shape), bytes = elements * type.SizeInBytes();
        long given = _offsets[1] - _offsets[0];
        if (bytes != given)
        {
            string sizes = string.Join(", ", _shape), needed = bytes > long.MaxValue ? "more than any file holds" : bytes.ToString();
            throw Wrong($"gives tensor '{Shown}' of {type.FormatName()} [{sizes}] {given} bytes; its shape takes {needed}");
        }

        return new TensorEntry(_name, type, _shape, (long)elements, dataStart + _offsets[0]);
    }

    // In 128 bits the product cannot overflow unnoticed as long as it is checked at each step.
    private static Int128 ElementCount(List<long> shape)
    {
        if (shape.Contains(0))
        {
            return 0;
        }

        Int128 elements = 1;
        foreach (long size in shape)
        {
            elements = Int128.Min(elements * size, long.MaxValue);
        }

        return elements;
    }

    private void ReadField(ref Utf8JsonReader json)
    {
        switch (json.GetString())
        {
            case "dtype" when _type is null:
                _type = ReadType(ref json);
                break;
            case "shape" when _shape is null:
                _shape = ReadNumbers("shape", ref json);
                break;
            case "data_offsets" when _offsets is null:
                _offsets = ReadNumbers("data_offsets", ref json);
                break;
            case var field:
                string shown = SafetensorsHeader.Shown(field!);
                throw Wrong(
                    $"gives tensor '{Shown}' the field '{shown}', unknown or for the second time; "
                    + "dtype, shape and data_offsets were expected");
        }
    }

    private TensorType ReadType(ref Utf8JsonReader json)
    {
        json.Read();
        string? text = json.TokenType == JsonTokenType.String ? json.GetString() : null;
        if (TensorTypes.TryParse(text, out TensorType type))
        {
            return type;
        }

        string given = text is null ? "of no string" : $"'{SafetensorsHeader.Shown(text)}'";
        throw Wrong($"gives tensor '{Shown}' the dtype {given}; one of {TensorTypes.KnownNames} was expected");
    }

    private List<long> ReadNumbers(string field, ref Utf8JsonReader json)
    {
        var numbers = new List<long>();
        json.Read();
        if (json.TokenType == JsonTokenType.StartArray)
        {
            while (json.Read() && json.TokenType == JsonTokenType.Number && json.TryGetInt64(out long number) && number >= 0
                && numbers.Count < MostNumbers)
            {
                numbers.Add(number);
            }

            if (json.TokenType == JsonTokenType.EndArray)
            {
                return numbers;
            }
        }

        throw Wrong($"gives tensor '{Shown}' a {field} that is no list of whole numbers from 0 up");
    }

    private InvalidDataException Missing(string field) => Wrong($"describes tensor '{Shown}' without its {field}");

    private InvalidDataException Wrong(string what) => SafetensorsHeader.Wrong(_path, what);
}
