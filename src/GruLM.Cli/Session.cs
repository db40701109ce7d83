// What a command works with besides its flags: where results go, where messages go, standard input, and whether it shall stop.
// Results alone are on standard output, so that programs can read them. Handed in rather than taken from Console, so that tests can listen.
using System.Text;

namespace GruLM.Cli;

/// <summary>The surroundings of one run of a command.</summary>
internal sealed class Session(Stream input, Stream output, TextWriter error, bool errorIsTerminal, CancellationToken stop) : IDisposable
{
    /// <summary>Standard input, as bytes.</summary>
    public Stream Input { get; } = input;

    /// <summary>Standard output as UTF-8 text without a byte-order mark and with LF line ends; flushed when the command ends.</summary>
    public StreamWriter Output { get; } = new(output, new UTF8Encoding(false), 1 << 16) { NewLine = "\n" };

    /// <summary>Standard error, for progress and messages.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>Whether standard error is a terminal, where progress may be drawn over.</summary>
    public bool ErrorIsTerminal { get; } = errorIsTerminal;

    /// <summary>Whether standard output is a terminal as well, where progress would be drawn over results.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Cancelled by Ctrl-C: the command saves what it has and ends.</summary>
    public CancellationToken Stop { get; } = stop;

    /// <summary>A session on this process's own streams.</summary>
    public static Session OfProcess(CancellationToken stop) =>
        new(Console.OpenStandardInput(), Console.OpenStandardOutput(), Console.Error, !Console.IsErrorRedirected, stop) { OutputIsTerminal = !Console.IsOutputRedirected };

    /// <summary>Flushes what was written.</summary>
    public void Dispose()
    {
        Output.Flush();
        Error.Flush();
    }
}
