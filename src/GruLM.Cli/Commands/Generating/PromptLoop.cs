// grulm generate in a terminal, without a prompt: asks for one again and again.

using System.Text;
using GruLM.Cli.Pipes;

namespace GruLM.Cli.Commands;

/// <summary>Asks for prompts until there is none.</summary>
internal sealed class PromptLoop(Session session)
{
    /// <summary>Hands each prompt to <paramref name="write"/>, and returns the exit code.</summary>
    public int Run(Action<string> write)
    {
        session.Error.WriteLine("Type the beginning of a text and press Enter; each begins anew. An empty line ends.");
        using var input = new StreamReader(new WatchedInput(session.Input, "standard input", null), Encoding.UTF8);
        while (!session.Stop.IsCancellationRequested)
        {
            session.Error.Write("> ");
            string? prompt = ReadLine(input);
            if (string.IsNullOrEmpty(prompt)) break;
            write(prompt);
        }

        return session.Stop.IsCancellationRequested ? ExitCode.Stopped : ExitCode.Done;
    }

    private static string? ReadLine(StreamReader input)
    {
        try
        {
            return input.ReadLine();
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C while nobody had typed anything.
            return null;
        }
    }
}
