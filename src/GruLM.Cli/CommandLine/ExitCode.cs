// The exit codes of every command.
namespace GruLM.Cli;

/// <summary>The exit codes of every command.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>Failed: a file, its content, the machine.</summary>
    public const int Failed = 1;

    /// <summary>Bad usage: a flag or a setting.</summary>
    public const int BadUsage = 2;

    /// <summary>Stopped by Ctrl-C.</summary>
    public const int Stopped = 130;
}
