// grulm generate in a terminal, without a prompt: asks for one again and again.

using System.Text;
using GruLM.Cli.Pipes;

namespace GruLM.Cli.Commands;

/// <summary>Asks for prompts until there is none.</summary>
internal sealed class PromptLoop(Session session)
{
    /// <summary>Hands each prompt to <paramref name="write"/>, with what cuts its text short, and returns the exit code.</summary>
    public int Run(Action<string, CancellationToken> write)
    {
        session.Error.WriteLine("Type the beginning of a text and press Enter; each begins anew. An empty line ends.");
        using var input = new StreamReader(new WatchedInput(session.Input, "standard input"), Encoding.UTF8);
        using var source = LineInput.Open(input, interactive: true, session);
        ILineInput lines = source.Lines;
        while (lines.ReadLine("> ") is { Length: > 0 } prompt)
        {
            try
            {
                write(prompt, lines.Cut);
            }
            catch (OperationCanceledException) when (!lines.IsStopped)
            {
                session.Error.WriteLine();
            }
        }

        return lines.IsStopped ? ExitCode.Stopped : ExitCode.Done;
    }
}
