// A setting that is on or off, with a flag for each: --tie-weights and --no-tie-weights. The last one given wins.
using System.CommandLine;

namespace GruLM.Cli;

/// <summary>Two flags that switch one setting on and off.</summary>
internal sealed class OnOffFlag(string name, bool defaultValue, string help)
{
    /// <summary>The flag that switches on: <c>--name</c>.</summary>
    public Option<bool> On { get; } = Flags.Switch("--" + name, help + (defaultValue ? " (default on)" : " (default off)"));

    /// <summary>The flag that switches off: <c>--no-name</c>.</summary>
    public Option<bool> Off { get; } = Flags.Switch("--no-" + name, $"the opposite of --{name}");

    /// <summary>Whether the setting is on.</summary>
    public bool Value(ParseResult flags)
    {
        if (!flags.Given(On) && !flags.Given(Off)) return defaultValue;
        return flags.Tokens.Last(token => token.Value == On.Name || token.Value == Off.Name).Value == On.Name;
    }
}
