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
        flags.CommandResult.Command.Options.FirstOrDefault(o => o.Name == FlagName) is { } option
        && flags.GetResult(option) is { Tokens: [var file] } ? file.Value : null;

    /// <summary>The command line with the file's settings added.</summary>
    /// <exception cref="InvalidDataException">The file is not JSON as described above.</exception>
    /// <exception cref="UsageException">A key is no flag of the command.</exception>
    public static string[] Expand(string[] args, ParseResult flags, string path)
    {
        var expanded = new List<string>(args);
        IList<Option> options = flags.CommandResult.Command.Options;
        using JsonDocument document = Load(path);
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            string name = "--" + property.Name.Replace('_', '-');
            Option? option = options.FirstOrDefault(option => option.Name == name);
            if (option is null || name is FlagName or ResumeFlag.Name or "--help")
            {
                IEnumerable<string> known = options.Select(option => option.Name[2..])
                    .Where(known => known is not ("config" or "resume" or "help"));
                throw new UsageException(
                    $"{path}: unknown key '{property.Name}' for '{GrulmCommand.PathOf(flags.CommandResult.Command)}'{NearestName.Hint(property.Name, known)}");
            }

            Option? opposite = options.FirstOrDefault(other => other.Name == Opposite(name));
            if (flags.Given(option) || (opposite is not null && flags.Given(opposite)))
            {
                continue;
            }

            expanded.AddRange(AsFlags(path, property, name, option, opposite));
        }

        return [.. expanded];
    }

    /// <summary>The flag that a switch undoes, where there is one: --no-name for --name and the other way round.</summary>
    public static string Opposite(string name) => name.StartsWith("--no-", StringComparison.Ordinal)
        ? "--" + name[5..]
        : "--no-" + name[2..];

    private static IEnumerable<string> AsFlags(string path, JsonProperty property, string name, Option option, Option? opposite)
    {
        bool isSwitch = option.Arity.MaximumNumberOfValues == 0;
        switch (property.Value.ValueKind)
        {
            case JsonValueKind.True when isSwitch:
                return [name];
            case JsonValueKind.False when isSwitch:
                return opposite is null ? [] : [opposite.Name];
            case JsonValueKind.Null:
                return [];
            case JsonValueKind.String or JsonValueKind.Number when !isSwitch:
                return [$"{name}={Text(property.Value)}"];
            case JsonValueKind.Array when option.Arity.MaximumNumberOfValues > 1
                && property.Value.EnumerateArray().All(v => v.ValueKind is JsonValueKind.String or JsonValueKind.Number):
                return property.Value.EnumerateArray().Select(value => $"{name}={Text(value)}");
            default:
                throw new InvalidDataException(
                    $"{path}: '{property.Name}' has the value {property.Value.GetRawText().ReplaceLineEndings(" ")}; {(isSwitch ? "true or false" : "a number or a text")} was expected");
        }
    }

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

            if (document.RootElement.EnumerateObject().CountBy(property => property.Name)
                .FirstOrDefault(name => name.Value > 1) is { Key: { } twice })
            {
                throw new InvalidDataException($"{path}: '{twice}' stands in it more than once");
            }

            return document;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"{path}: is no valid JSON at line {(e.LineNumber ?? 0) + 1}: {e.Message.Split(" LineNumber:")[0]}");
        }
    }
}
