// The settings of a talk, which can be changed while it goes on: /set NAME VALUE is the flag --NAME VALUE, read by the same rules.

using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using GruLM.Generation;

namespace GruLM.Cli.Commands;

/// <summary>How replies are written, by the names of flags.</summary>
internal sealed class TalkSettings
{
    private const string On = "on", Off = "off";

    private static readonly ParserConfiguration s_parsing = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    private readonly GenerationFlags _flags = new();
    private readonly Command _command = new("set");
    private readonly string _folder;

    // What each flag was given, by its name: a switch nothing.
    private Dictionary<string, string[]> _given;

    /// <summary>Begins with what a command line says.</summary>
    /// <param name="options">The flags of <paramref name="flags"/> that generating has.</param>
    /// <param name="flags">The command line.</param>
    /// <param name="folder">The model's folder.</param>
    public TalkSettings(IEnumerable<Option> options, ParseResult flags, string folder)
    {
        _folder = folder;
        foreach (Option option in _flags.Options) _command.Add(option);
        _given = options.Where(flags.Given)
            .ToDictionary(option => option.Name, option => flags.GetResult(option)!.Tokens.Select(token => token.Value).ToArray());
        Options = Read(_given);
        KeepSeed();
    }

    /// <summary>The settings in effect.</summary>
    public GenerationOptions Options { get; private set; }

    /// <summary>The names that <see cref="Set"/> knows.</summary>
    public IEnumerable<string> Names => _flags.Options.Select(NameOf);

    /// <summary>Sets <paramref name="name"/>, a flag's name without dashes; an empty value leaves it to the model again.</summary>
    /// <exception cref="UsageException">There is no such flag, or it cannot have this value.</exception>
    public void Set(string name, string value)
    {
        string bare = name.TrimStart('-');
        Option option = _flags.Options.FirstOrDefault(option => option.Aliases.Append(option.Name).Any(own => own.TrimStart('-') == bare))
            ?? throw Unknown(bare);
        Dictionary<string, string[]> given = new(_given);
        if (Words(option, value) is { } words) given[option.Name] = words;
        else given.Remove(option.Name);
        Options = Read(given);
        _given = given;
        KeepSeed();
    }

    /// <summary>The settings in effect by their names.</summary>
    public IEnumerable<(string Name, string Value)> List() => _flags.Options.Select(option => (NameOf(option), ValueOf(option)));

    private static string NameOf(Option option) => option.Name.TrimStart('-');

    private static string NameOf(SamplerKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    private static bool IsSwitch(Option option) => option.Arity.MaximumNumberOfValues == 0;

    // What the flag is given; null where it is not given at all.
    private static string[]? Words(Option option, string value)
    {
        if (IsSwitch(option))
        {
            return value switch
            {
                On => [],
                Off or "" => null,
                _ => throw new UsageException($"{option.Name} {value}: one of {On}, {Off} was expected"),
            };
        }

        if (value.Length == 0) return null;
        return option.AllowMultipleArgumentsPerToken ? value.Split(' ', StringSplitOptions.RemoveEmptyEntries) : [value];
    }

    private UsageException Unknown(string name)
    {
        string hint = NearestName.Hint(name, UnknownFlags.NamesOf(_flags.Options).Select(known => known.TrimStart('-')));
        return new UsageException($"/set: there is no setting '{name}'" + (hint.Length > 0 ? hint : "; /set lists them"));
    }

    private GenerationOptions Read(Dictionary<string, string[]> given)
    {
        IEnumerable<string> words = given.SelectMany(flag => flag.Value is []
            ? [flag.Key]
            : flag.Value.SelectMany(value => value.Length == 0 ? [flag.Key, value] : (string[])[$"{flag.Key}={value}"]));
        ParseResult parsed = _command.Parse([.. words], s_parsing);
        if (parsed.Errors is [var error, ..]) throw new UsageException(error.Message);
        GenerationOptions options = _flags.Read(parsed, _folder);
        options.Validate();
        return options;
    }

    // Where no seed was given one was drawn. It stays when something else is set.
    private void KeepSeed() => _given["--seed"] = [Options.Sampling!.Seed.ToString(CultureInfo.InvariantCulture)];

    private string ValueOf(Option option)
    {
        SamplingOptions sampling = Options.Sampling!;
        FormattableString? value = option.Name switch
        {
            "--max-tokens" => $"{(Options.MaxTokens == int.MaxValue ? -1 : Options.MaxTokens)}",
            "--temperature" => $"{sampling.Temperature}",
            "--top-k" => $"{sampling.TopK}",
            "--top-p" => $"{sampling.TopP}",
            "--min-p" => $"{sampling.MinP}",
            "--typical" => $"{sampling.Typical}",
            "--repeat-penalty" => $"{sampling.RepeatPenalty}",
            "--repeat-last-n" => $"{sampling.RepeatLastN}",
            "--presence-penalty" => $"{sampling.PresencePenalty}",
            "--frequency-penalty" => $"{sampling.FrequencyPenalty}",
            "--dry-multiplier" => $"{sampling.DryMultiplier}",
            "--dry-base" => $"{sampling.DryBase}",
            "--dry-allowed-length" => $"{sampling.DryAllowedLength}",
            "--mirostat" => $"{sampling.Mirostat}",
            "--mirostat-ent" => $"{sampling.MirostatEnt}",
            "--mirostat-lr" => $"{sampling.MirostatLr}",
            "--seed" => $"{sampling.Seed}",
            "--samplers" => $"{string.Join(';', sampling.Samplers.Select(NameOf))}",
            _ => null,
        };
        if (value is not null) return FormattableString.Invariant(value);
        if (!_given.TryGetValue(option.Name, out string[]? words)) return IsSwitch(option) ? Off : "none";
        return words is [] ? On : string.Join(' ', words);
    }
}
