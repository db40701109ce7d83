// What a key did to a line that is being typed.

namespace GruLM.Cli;

/// <summary>What a key did.</summary>
internal enum LineOutcome
{
    /// <summary>The line may be another now, and goes on.</summary>
    Edited,

    /// <summary>The line is to be shown on an empty screen.</summary>
    Cleared,

    /// <summary>The line is complete.</summary>
    Submitted,

    /// <summary>There will be no more lines (Ctrl-D on an empty line).</summary>
    Ended,

    /// <summary>Ctrl-C.</summary>
    Interrupted,
}
