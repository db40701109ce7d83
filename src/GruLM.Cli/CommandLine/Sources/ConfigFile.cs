// --config FILE.json: an object whose keys are flags without their dashes ("batch-size" or "batch_size") and whose values are theirs. It is
// turned into flags that are put behind those on the command line, unless given there; so every check and message is that of the flags.
// Left out on purpose: comments, nesting, and naming another file in it.
using System.CommandLine;
using System.Text.Json;

namespace GruLM.Cli;

internal static class ConfigFile
{
    private const string FlagName = "--config";

    /// <summary>The flag for commands that take a configuration file.</summary>
    public static Option<string?> Flag() => Flags.Text(FlagName, "FILE.json", "flags from a JSON file; one on the command line wins");

    /// <summary>The file that the command line names, or null.</summary>
    public static string? PathIn(ParseResult flags) =>
        flags.OptionNamed(FlagName) is { } option && flags.GetResult(option) is { Tokens: [var file] } ? file.Value : null;

    /// <summary>The command line with the file's settings added.</summary>
    /// <exception cref="InvalidDataException">The file is not JSON as described above.</exception>
    /// <exception cref="UsageException">A key is no flag of the command.</exception>
    public static string[] Expand(string[] args, ParseResult flags, string path)
    {
        var expanded = new List<string>(args);
        using JsonDocument document = Load(path);
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            string name = "--" + property.Name.Replace('_', '-');
            Option? option = flags.OptionNamed(name);
            if (option is null || name is FlagName or ResumeFlag.Name or "--help") throw UnknownKey(path, property.Name, flags);
            if (flags.GivenEitherWay(name)) continue;
            expanded.AddRange(AsFlags(path, property, option, opposite: flags.OptionNamed(GivenFlags.Opposite(name))));
        }

        return [.. expanded];
    }

    private static UsageException UnknownKey(string path, string key, ParseResult flags)
    {
        Command command = flags.CommandResult.Command;
        IEnumerable<string> known = command.Options.Select(option => option.Name[2..])
            .Where(name => name is not ("config" or "resume" or "help"));
        string hint = NearestName.Hint(key, known);
        return new UsageException($"{path}: unknown key '{key}' for '{GrulmCommand.PathOf(command)}'{hint}");
    }

    private static IEnumerable<string> AsFlags(string path, JsonProperty property, Option option, Option? opposite)
    {
        bool isSwitch = option.Arity.MaximumNumberOfValues == 0, takesSeveral = option.Arity.MaximumNumberOfValues > 1;
        JsonElement value = property.Value;
        switch (value.ValueKind)
        {
            case JsonValueKind.True when isSwitch:
                return [option.Name];
            case JsonValueKind.False when isSwitch:
                return opposite is null ? [] : [opposite.Name];
            case JsonValueKind.Null:
                return [];
            case JsonValueKind.String or JsonValueKind.Number when !isSwitch:
                return [$"{option.Name}={Text(value)}"];
            case JsonValueKind.Array when takesSeveral && value.EnumerateArray().All(IsTextOrNumber):
                return value.EnumerateArray().Select(element => $"{option.Name}={Text(element)}");
            default:
                string found = value.GetRawText().ReplaceLineEndings(" ");
                string expected = isSwitch ? "true or false" : "a number or a text";
                throw new InvalidDataException($"{path}: '{property.Name}' has the value {found}; {expected} was expected");
        }
    }

    private static bool IsTextOrNumber(JsonElement value) => value.ValueKind is JsonValueKind.String or JsonValueKind.Number;

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static JsonDocument Load(string path)
    {
        try
        {
            var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidDataException($"{path}: an object of settings such as {{\"batch-size\": 32}} was expected");
            }

            string? repeated = document.RootElement.EnumerateObject().CountBy(property => property.Name)
                .FirstOrDefault(count => count.Value > 1).Key;
            if (repeated is not null) throw new InvalidDataException($"{path}: '{repeated}' stands in it more than once");
            return document;
        }
        catch (JsonException e)
        {
            long line = (e.LineNumber ?? 0) + 1;
            string reason = e.Message.Split(" LineNumber:")[0];
            throw new InvalidDataException($"{path}: is no valid JSON at line {line}: {reason}");
        }
    }
}
