// What stands on a command line that was parsed, as against what was left to its default.
using System.CommandLine;

namespace GruLM.Cli;

/// <summary>Questions to a parsed command line.</summary>
internal static class GivenFlags
{
    /// <summary>Whether the flag was on the command line, rather than left to its default.</summary>
    public static bool Given(this ParseResult flags, Option option) => flags.GetResult(option) is { Implicit: false };
}
