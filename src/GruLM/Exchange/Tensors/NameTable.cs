// Names to names in JSON: the file that says what another program's tensors are called here, and the table of a model in several parts.

using System.Text.Json;
using GruLM.Formats;

namespace GruLM;

/// <summary>Reads JSON objects whose values are texts. Safe for several threads.</summary>
internal static class NameTable
{
    private const int MostBytes = 1 << 26;

    /// <summary>A file that is one such object.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no such object.</exception>
    public static Dictionary<string, string> Read(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such file");
        return Parse(path, JsonBytes.Read(path), json => json);
    }

    /// <summary>The object that <paramref name="find"/> finds.</summary>
    public static Dictionary<string, string> Parse(string path, ReadOnlyMemory<byte> bytes, Func<JsonElement, JsonElement> find)
    {
        if (bytes.Length > MostBytes) throw new InvalidDataException($"{path}: is too long for a table of names");
        try
        {
            using var document = JsonDocument.Parse(bytes);
            JsonElement table = document.RootElement.ValueKind == JsonValueKind.Object ? find(document.RootElement) : default;
            if (table.ValueKind != JsonValueKind.Object) throw NoTable(path);
            var names = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (JsonProperty pair in table.EnumerateObject())
            {
                if (pair.Value.ValueKind != JsonValueKind.String) throw NoTable(path);
                if (!names.TryAdd(pair.Name, pair.Value.GetString()!))
                {
                    throw new InvalidDataException($"{path}: names {ForeignTensor.Shorten(pair.Name)} twice");
                }
            }

            return names;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}: {JsonBytes.Problem(bytes, error)}", error);
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidDataException($"{path}: holds a name that is no valid text", error);
        }
    }

    private static InvalidDataException NoTable(string path) =>
        new($"{path}: is no JSON object of names, such as {{\"their.name\": \"embedding.weight\"}}");
}
