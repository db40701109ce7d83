// Lines as they come: from a file, from another program, or from a terminal that can do no more than that.

namespace GruLM.Cli;

/// <summary>Reads <paramref name="input"/>. <paramref name="interactive"/>: a person types, who is shown where to.</summary>
internal sealed class PlainLineInput(TextReader input, bool interactive, Session session) : ILineInput
{
    /// <inheritdoc/>
    public bool IsInteractive => interactive;

    /// <inheritdoc/>
    public bool IsStopped => session.Stop.IsCancellationRequested;

    /// <inheritdoc/>
    public CancellationToken Cut => session.Stop;

    /// <inheritdoc/>
    public string? ReadLine(string prompt)
    {
        if (IsStopped) return null;
        if (interactive) session.Error.Write(prompt);
        string? line = null;
        try
        {
            line = input.ReadLine();
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C while nobody had said anything.
        }

        if (line is null && interactive) session.Error.WriteLine();
        return line;
    }
}
