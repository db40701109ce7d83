// A flag as shells complete it.

using System.CommandLine;

namespace GruLM.Cli.Commands;

/// <summary>A flag.</summary>
/// <param name="Names">What it is called, the long name last.</param>
/// <param name="Help">What it does.</param>
/// <param name="Value">What stands behind it; null for a switch.</param>
/// <param name="IsList">Whether several values may stand behind it.</param>
internal sealed record CompletedFlag(IReadOnlyList<string> Names, string Help, CompletedValue? Value, bool IsList)
{
    /// <summary>A flag of a command.</summary>
    public static CompletedFlag Of(Option option)
    {
        string[] aliases = [.. option.Aliases.Where(alias => alias.StartsWith('-') && !alias.Contains('_')).Order(StringComparer.Ordinal)];
        bool isSwitch = option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool);
        return new CompletedFlag(
            [.. aliases.Append(option.Name).OrderBy(name => name.Length)],
            option.Description ?? "",
            isSwitch ? null : CompletedValue.Of(option.HelpName),
            option.AllowMultipleArgumentsPerToken);
    }
}
