// Where the lines of a talk come from: a terminal with a person before it, or a text that is read line by line.

namespace GruLM.Cli;

/// <summary>Gives lines one after another. Used by one thread at a time.</summary>
internal interface ILineInput
{
    /// <summary>Whether a person types, who is shown where to and is told what was done.</summary>
    bool IsInteractive { get; }

    /// <summary>Whether Ctrl-C or a signal has ended the input.</summary>
    bool IsStopped { get; }

    /// <summary>Cuts short what is done about the last line.</summary>
    CancellationToken Cut { get; }

    /// <summary>The next line; null when there is none, or when the program shall end.</summary>
    string? ReadLine(string prompt);
}
