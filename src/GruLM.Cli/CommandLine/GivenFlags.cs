// What stands on a command line that was parsed, as against what was left to its default.
using System.CommandLine;

namespace GruLM.Cli;

/// <summary>Questions to a parsed command line.</summary>
internal static class GivenFlags
{
    /// <summary>The flag of that name, null where the command has none.</summary>
    public static Option? OptionNamed(this ParseResult flags, string name) =>
        flags.CommandResult.Command.Options.FirstOrDefault(option => option.Name == name);

    /// <summary>Whether the flag was on the command line (or in the configuration file), rather than left to its default.</summary>
    public static bool Given(this ParseResult flags, Option option) => flags.GetResult(option) is { Implicit: false };

    /// <summary>Whether the flag of that name was on the command line.</summary>
    public static bool Given(this ParseResult flags, string name) => flags.OptionNamed(name) is { } option && flags.Given(option);

    /// <summary>Whether the flag of that name was on the command line, or the one that undoes it.</summary>
    public static bool GivenEitherWay(this ParseResult flags, string name) => flags.Given(name) || flags.Given(Opposite(name));

    /// <summary>The name of the flag that undoes a switch, where there is one: --no-name for --name and the other way round.</summary>
    public static string Opposite(string name) =>
        name.StartsWith("--no-", StringComparison.Ordinal) ? "--" + name[5..] : "--no-" + name[2..];
}
