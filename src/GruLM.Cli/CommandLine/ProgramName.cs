// The word that this program is called by, for lines that propose another command. Who starts it through a script that is not on the PATH
// can have that script say so: the launcher at the repository's root does.
namespace GruLM.Cli;

/// <summary>How the program is called.</summary>
internal static class ProgramName
{
    /// <summary>The environment variable that says it.</summary>
    public const string Variable = "GRULM_COMMAND";

    /// <summary>What the variable says, else <c>grulm</c>.</summary>
    public static string Text => Of(Environment.GetEnvironmentVariable(Variable));

    /// <summary>What the program is called when the variable has this value.</summary>
    public static string Of(string? told) => string.IsNullOrWhiteSpace(told) ? "grulm" : told;
}
