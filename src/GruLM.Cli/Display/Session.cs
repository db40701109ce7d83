// What a command works with besides its flags: where results go, where messages go, standard input, and whether it shall stop.
// Results alone are on standard output, so that programs can read them. Handed in rather than taken from Console, so that tests can listen.
using System.Text;
using GruLM.Cli.Pipes;
using GruLM.Distributed;
using Microsoft.Win32.SafeHandles;

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

    /// <summary>How long the command has to end after <see cref="Stop"/>; whoever saves holds it.</summary>
    public StopDeadline Deadline { get; init; } = new(() => { });

    /// <summary>Writes what a model wrote, at once: to a terminal without control characters, elsewhere as it is.</summary>
    public void WriteModelText(string text)
    {
        Output.Write(OutputIsTerminal ? TerminalText.Show(text) : text);
        Output.Flush();
    }

    /// <summary>To be called before the console is used. Open MPI gives each process a terminal and passes what it writes on to wherever
    /// the launcher's own output goes, which may be a file: .NET is not to write there what only terminals understand.</summary>
    public static void ForgetTerminalOfLauncher()
    {
        if (Launcher.Rank is not null) Environment.SetEnvironmentVariable("TERM", null);
    }

    /// <summary>A session on this process's own streams.</summary>
    public static Session OfProcess(StopSignals signals) =>
        new(ClosedInput.OrStandardInput(signals.Token), StandardOutput(), Console.Error, !Console.IsErrorRedirected, signals.Token)
        {
            OutputIsTerminal = !Console.IsOutputRedirected && Launcher.Rank is null,
            Deadline = signals.Deadline,
        };

    // The console's stream hides that a pipe's reader has gone, and the work would go on for nobody. A file, though, may be standard
    // error's as well, and only the console's stream goes on behind what others have written to it.
    private static Stream StandardOutput()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected) return Console.OpenStandardOutput();
        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return stream.CanSeek ? Console.OpenStandardOutput() : stream;
    }

    /// <summary>Flushes what was written, as far as it can be. A caller who must know whether it could be flushes first.</summary>
    public void Dispose()
    {
        try
        {
            Output.Flush();
            Error.Flush();
        }
        catch (IOException)
        {
            // Nobody reads it any more.
        }
    }
}
