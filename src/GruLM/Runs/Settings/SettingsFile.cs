// Settings as a JSON object, under the names that the table gives them: settings.json beside a model, and configuration files that people
// write. Words of a name may be joined by - or _, "no-" before that of a switch turns it off, and null says nothing. Left out on purpose:
// comments, nesting, and naming another file.

using System.Text.Json;
using GruLM.Formats;

namespace GruLM;

/// <summary>Reads and writes settings. Safe for several threads.</summary>
public static class SettingsFile
{
    private const string Not = "no-";

    /// <summary>Writes the settings, as far as they are not left open; paths whole.</summary>
    public static void Write(string path, TrainingSettings settings) => AtomicFile.WriteAllBytes(path, ToJson(settings));

    /// <summary>What <see cref="Write"/> writes.</summary>
    internal static byte[] ToJson(TrainingSettings settings)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            foreach (Setting setting in SettingsTable.All)
            {
                // A model that training starts from has its own sizes.
                if (settings.InitFrom is null || !setting.IsOfModel) setting.Write(json, settings);
            }

            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>Reads the settings of a file, on top of the defaults.</summary>
    /// <exception cref="InvalidDataException">The file is not JSON as described above; the message says where and what was
    /// expected.</exception>
    public static TrainingSettings Read(string path) => ReadGiven(path).On(new TrainingSettings());

    /// <summary>Reads what a file gives. <paramref name="other"/> is offered the members that are no settings and says whether it takes
    /// them; <paramref name="otherNames"/> are their names, for advice on one that is mistyped.</summary>
    /// <exception cref="InvalidDataException">The file is not JSON as described above.</exception>
    public static GivenSettings ReadGiven(
        string path, Func<JsonProperty, bool>? other = null, IReadOnlyList<string>? otherNames = null) =>
        ReadGiven(path, ReadBytes(path), other, otherNames);

    /// <summary>Reads what the bytes of a file give; <paramref name="path"/> is what it is called.</summary>
    /// <exception cref="InvalidDataException">The file is not JSON as described above.</exception>
    internal static GivenSettings ReadGiven(
        string path, ReadOnlyMemory<byte> bytes, Func<JsonProperty, bool>? other = null, IReadOnlyList<string>? otherNames = null)
    {
        var given = new GivenSettings();
        using JsonDocument document = Load(path, bytes);
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            string name = property.Name.Replace('_', '-');
            bool isNegated = name.StartsWith(Not, StringComparison.Ordinal);
            Setting? setting = SettingsTable.Named(isNegated ? name[Not.Length..] : name);
            if (setting is null || (isNegated && setting.Placeholder is not null))
            {
                if (other?.Invoke(property) == true) continue;
                if (otherNames?.Contains(name) == true)
                {
                    string found = property.Value.GetRawText().ReplaceLineEndings(" ");
                    throw new InvalidDataException($"{path}: '{property.Name}' has the value {found}, which is none that it can have");
                }

                string hint = NearestName.Hint(name, [.. SettingsTable.All.Select(known => known.Name), .. otherNames ?? []]);
                throw new InvalidDataException($"{path}: unknown key '{property.Name}'{hint}");
            }

            if (property.Value.ValueKind == JsonValueKind.Null) continue;
            Func<TrainingSettings, TrainingSettings> put = ReadValue(path, setting, property);
            given.Add(setting, isNegated ? Opposite(setting, put) : put);
        }

        return given;
    }

    private static Func<TrainingSettings, TrainingSettings> ReadValue(string path, Setting setting, JsonProperty property)
    {
        try
        {
            return setting.Read(property.Value);
        }
        catch (FormatException error)
        {
            string found = property.Value.GetRawText().ReplaceLineEndings(" ");
            throw new InvalidDataException($"{path}: '{property.Name}' has the value {found}; {error.Message}", error);
        }
    }

    // "no-x": true is "x": false.
    private static Func<TrainingSettings, TrainingSettings> Opposite(Setting setting, Func<TrainingSettings, TrainingSettings> put)
    {
        bool wasOn = setting.Text(put(new TrainingSettings())) == "on";
        return setting.Parse([wasOn ? "false" : "true"]);
    }

    private static ReadOnlyMemory<byte> ReadBytes(string path)
    {
        if (Directory.Exists(path)) throw new IOException($"{path}: is a folder; a file of settings was expected");
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such file");
        return JsonBytes.Read(path);
    }

    private static JsonDocument Load(string path, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidDataException($"{path}: an object of settings such as {{\"batch-size\": 32}} was expected");
            }

            string? repeated = document.RootElement.EnumerateObject().CountBy(property => property.Name)
                .FirstOrDefault(count => count.Value > 1).Key;
            if (repeated is not null) throw new InvalidDataException($"{path}: '{repeated}' stands in it more than once");
            return document;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}: {JsonBytes.Problem(bytes, error)}", error);
        }
    }
}
