// A setting of the table as a flag, and a switch as two: --x and --no-x, of which the last one given wins.

using System.CommandLine;
using System.CommandLine.Parsing;

namespace GruLM.Cli.Commands;

/// <summary>The flag of a setting.</summary>
internal sealed class SettingFlag
{
    private readonly Setting _setting;
    private readonly Option<bool>? _off;

    public SettingFlag(Setting setting)
    {
        _setting = setting;
        string name = "--" + setting.Name, help = SettingWords.ToFlags(setting.Help);
        if (setting.Default is not null) help += $" (default {setting.Default})";
        if (setting.Placeholder is null)
        {
            Option = Flags.Switch(name, help);
            _off = Flags.Switch("--no-" + setting.Name, $"the opposite of {name}");
            _off.Hidden = setting.Default is null;
            return;
        }

        Option = new Option<Func<TrainingSettings, TrainingSettings>?>(name)
        {
            Description = help,
            HelpName = setting.Placeholder,
            Arity = setting.IsList ? ArgumentArity.OneOrMore : ArgumentArity.ExactlyOne,
            AllowMultipleArgumentsPerToken = setting.IsList,
            CustomParser = Parse,
        };
    }

    /// <summary>The flag, for a switch the one that turns it on.</summary>
    public Option Option { get; }

    /// <summary>The setting.</summary>
    public Setting Setting => _setting;

    /// <summary>All flags of the setting.</summary>
    public IEnumerable<Option> Options => _off is null ? [Option] : [Option, _off];

    /// <summary>The flag of this setting that was given; null when none was.</summary>
    public Option? GivenOption(ParseResult flags) => Options.FirstOrDefault(flags.Given);

    /// <summary>Adds what was given.</summary>
    public void AddTo(GivenSettings given, ParseResult flags)
    {
        if (GivenOption(flags) is null) return;
        if (_off is null)
        {
            given.Add(_setting, flags.GetValue((Option<Func<TrainingSettings, TrainingSettings>?>)Option)!);
            return;
        }

        bool isOn = flags.Tokens.Last(token => token.Value == Option.Name || token.Value == _off.Name).Value == Option.Name;
        given.Add(_setting, _setting.Parse([isOn ? "true" : "false"]));
    }

    private Func<TrainingSettings, TrainingSettings>? Parse(ArgumentResult result)
    {
        // Given without a value, which is reported as that.
        if (result.Tokens.Count == 0) return null;
        try
        {
            return _setting.Parse([.. result.Tokens.Select(token => token.Value)]);
        }
        catch (FormatException error)
        {
            string text = result.Tokens[0].Value, given = text.Length == 0 ? "''" : text;
            result.AddError($"{Option.Name} {given}: {error.Message}");
            return null;
        }
    }
}
