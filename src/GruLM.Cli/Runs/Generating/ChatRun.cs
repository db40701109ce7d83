// grulm chat: a talk with a model, shown as it comes.

namespace GruLM.Cli.Runs;

/// <summary>What <c>grulm chat</c> was told.</summary>
/// <param name="Model">The folder of the model.</param>
/// <param name="Options">How replies are generated.</param>
/// <param name="Threads">Threads; 0: one a core.</param>
/// <param name="Interactive">Whether a person types at a terminal, who is shown where to.</param>
internal sealed record ChatSettings(string Model, GenerationOptions Options, int Threads, bool Interactive);

/// <summary>Runs <c>grulm chat</c>: a line of input, a reply, until the input ends.</summary>
internal sealed class ChatRun(ChatSettings settings, TextReader input, Session session)
{
    // Whether a line is being waited for.
    private bool _waiting;

    public int Run()
    {
        using var model = LanguageModel.Open(settings.Model, settings.Threads);
        using ChatSession chat = model.StartChat(settings.Options);

        // Reading a line cannot be interrupted, so Ctrl-C while waiting for one ends the program there; nothing is unsaved.
        using CancellationTokenRegistration atPrompt = session.Stop.Register(() =>
        {
            if (Volatile.Read(ref _waiting)) Environment.Exit(ExitCode.Stopped);
        });
        if (settings.Interactive) session.Error.WriteLine("Say something and press Enter. /reset forgets the talk so far, /quit ends it.");
        while (ReadLine() is { } line && line.Trim() != "/quit")
        {
            if (line.Trim() == "/reset") chat.Reset();
            else if (!string.IsNullOrWhiteSpace(line)) Reply(chat, line);
        }

        return session.Stop.IsCancellationRequested ? ExitCode.Stopped : ExitCode.Done;
    }

    /// <summary>The next line; null when there is none, or when the run shall stop.</summary>
    private string? ReadLine()
    {
        if (session.Stop.IsCancellationRequested) return null;
        if (settings.Interactive) session.Error.Write("> ");
        Volatile.Write(ref _waiting, true);
        if (session.Stop.IsCancellationRequested) return null;
        string? line = input.ReadLine();
        Volatile.Write(ref _waiting, false);
        if (line is null && settings.Interactive) session.Error.WriteLine();
        return line;
    }

    private void Reply(ChatSession chat, string line)
    {
        foreach (string part in chat.Say(line, session.Stop))
        {
            session.Output.Write(part);
            session.Output.Flush();
        }

        session.Output.WriteLine();
        session.Output.Flush();
    }
}
