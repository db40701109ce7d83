// A talk with a model, shown as it comes: a line of input, a reply, until the input ends.

namespace GruLM.Cli.Commands;

/// <summary>A talk. <paramref name="interactive"/>: a person types at a terminal, who is shown where to.</summary>
internal sealed class Talk(ChatSession chat, TextReader input, bool interactive, Session session)
{
    // Whether the model has once said nothing.
    private bool _saidNothing;

    /// <summary>Tokens that a reply has at most.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Talks, and returns the exit code.</summary>
    public int Run()
    {
        if (interactive) session.Error.WriteLine("Say something and press Enter. /reset forgets the talk so far, /quit ends it.");
        while (ReadLine() is { } line && line.Trim() != "/quit")
        {
            if (line.Trim() == "/reset") chat.Reset();
            else if (!string.IsNullOrWhiteSpace(line)) Reply(line);
        }

        return session.Stop.IsCancellationRequested ? ExitCode.Stopped : ExitCode.Done;
    }

    /// <summary>The next line; null when there is none, or when the run shall stop.</summary>
    private string? ReadLine()
    {
        if (session.Stop.IsCancellationRequested) return null;
        if (interactive) session.Error.Write("> ");
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

    private void Reply(string line)
    {
        bool said = false;
        foreach (string part in chat.Say(line, session.Stop))
        {
            session.WriteModelText(part);
            said = true;
        }

        session.Output.WriteLine();
        session.Output.Flush();
        if (said || _saidNothing || session.Stop.IsCancellationRequested) return;
        _saidNothing = true;
        session.Error.WriteLine(MaxTokens == 0
            ? "note: --max-tokens 0 asks for no tokens, so that every reply is empty"
            : "note: the model ended its reply before the first word, as models do that have learned too little: "
            + "an end is what they know best");
    }
}
