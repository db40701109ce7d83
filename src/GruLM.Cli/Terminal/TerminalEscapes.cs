// What a terminal is told to do besides showing text, in the few sequences that all of them know since the VT100.

namespace GruLM.Cli;

/// <summary>Sequences for terminals.</summary>
internal static class TerminalEscapes
{
    /// <summary>Deletes all from the cursor to the end of the screen.</summary>
    public const string ClearBelow = "\u001b[J";

    /// <summary>Deletes the screen, and goes to its beginning.</summary>
    public const string ClearScreen = "\u001b[H\u001b[2J";

    /// <summary>Whether this process's terminal knows them. A console of Windows has line editing of its own.</summary>
    public static bool AreKnown =>
        !OperatingSystem.IsWindows() && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>Moves the cursor up.</summary>
    public static string Up(int rows) => rows > 0 ? $"\u001b[{rows}A" : "";

    /// <summary>The text in less than full brightness.</summary>
    public static string Dim(string text) => $"\u001b[2m{text}\u001b[0m";
}
