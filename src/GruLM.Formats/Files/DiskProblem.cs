// Why something could not be written, as far as the system says it, in words that fit into a sentence of ours.

namespace GruLM.Formats;

/// <summary>Reasons of the disk.</summary>
internal static class DiskProblem
{
    // What the system calls them, on Unix and on Windows.
    private const int NoSpace = 28, OnlyRead = 30;
    private const int NoSpaceOnWindows = unchecked((int)0x80070070), OnlyReadOnWindows = unchecked((int)0x80070013);

    /// <summary>Begins with a comma; empty where there is nothing more to say.</summary>
    public static string Of(Exception error) => error switch
    {
        UnauthorizedAccessException => ", since access is denied",
        { HResult: NoSpace or NoSpaceOnWindows } => ", since the disk is full",
        { HResult: OnlyRead or OnlyReadOnWindows } => ", since the disk can only be read",
        _ => "",
    };
}
