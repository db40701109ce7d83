// What goes wrong, as one line for a person and an exit code. The libraries throw documented types whose messages say what was wrong,
// where, what was expected and what to do; this only makes sure that each comes out as a single line and never as a stack trace.
// GRULM_DEBUG=1 adds the stack trace for whoever works on the project.
namespace GruLM.Cli;

/// <summary>The command line asks for something that cannot be; the message is for the person who typed it.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Turns exceptions into a line and an exit code.</summary>
internal static class Failure
{
    /// <summary>What its line begins with.</summary>
    public const string Mark = "grulm: ";

    // errno EPIPE, which .NET gives on Unix.
    private const int BrokenPipe = 32;

    /// <summary>Writes the line for <paramref name="error"/> to <paramref name="output"/> and returns the exit code.</summary>
    public static int Report(Exception error, TextWriter output)
    {
        // Whoever read the output has enough of it, as head does; that is not worth a word.
        if (error is IOException { HResult: BrokenPipe })
        {
            return ExitCode.Failed;
        }

        (int code, string? line) = error switch
        {
            OperationCanceledException => (ExitCode.Stopped, "stopped"),
            UsageException => (ExitCode.BadUsage, error.Message),
            ArgumentException => (ExitCode.BadUsage, WithoutParameterName(error.Message)),
            IOException or UnauthorizedAccessException => (ExitCode.Failed, SystemWords.Of(error.Message)),
            InvalidDataException or FormatException => (ExitCode.Failed, error.Message),
            OutOfMemoryException => (ExitCode.Failed, "not enough memory for these sizes; choose smaller ones"),
            _ => (ExitCode.Failed, $"an error in grulm itself, please report it: {error.GetType().Name}: {error.Message}"),
        };
        string sentence = OneLine(line);
        try
        {
            output.WriteLine(Mark + (error is UsageException ? sentence : SettingWords.ToFlags(sentence)));
            if (Environment.GetEnvironmentVariable("GRULM_DEBUG") == "1")
            {
                output.WriteLine(error);
            }
        }
        catch (IOException)
        {
            // The terminal has gone, and nobody reads what is wrong with that.
        }

        return code;
    }

    private static string WithoutParameterName(string message)
    {
        int suffix = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return suffix < 0 ? message : message[..suffix];
    }

    private static string OneLine(string text) =>
        string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
