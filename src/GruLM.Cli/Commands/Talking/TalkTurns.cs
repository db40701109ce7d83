// The turns of a talk: what is said is answered, shown as it comes, taken back, answered anew.

using System.Diagnostics;
using System.Globalization;

namespace GruLM.Cli.Commands;

/// <summary>Gives turns to a model. <paramref name="chat"/> is disposed with this.</summary>
internal sealed class TalkTurns(ChatSession chat, ILineInput input, Session session) : IDisposable
{
    private readonly TalkBranches _branches = new(chat);

    // Whether the model has once said nothing.
    private bool _saidNothing;

    /// <summary>Whether each turn begins with a fresh state.</summary>
    public bool IsFresh { get; init; }

    /// <summary>The chat that goes on.</summary>
    public ChatSession Chat => _branches.Chat;

    /// <summary>The branches of the talk.</summary>
    public TalkBranches Branches => _branches;

    /// <summary>Says something and shows the reply.</summary>
    public void Say(string message)
    {
        if (IsFresh) Forget();
        Answer(message);
    }

    /// <summary>Takes the last turn back and answers what was said in it by another draw; false when there is none.</summary>
    public bool SayAgain()
    {
        if (TakeBack() is not { } message) return false;
        Answer(message);
        return true;
    }

    /// <summary>Takes the last turn back, and returns what was said in it; null when there is none.</summary>
    public string? TakeBack()
    {
        List<string> said = _branches.Said;
        if (said.Count == 0 || !Chat.Undo()) return null;
        string message = said[^1];
        said.RemoveAt(said.Count - 1);
        return message;
    }

    /// <summary>Forgets the talk so far.</summary>
    public void Forget()
    {
        Chat.Reset();
        _branches.Said.Clear();
    }

    /// <summary>Goes on from where a talk stood that was saved.</summary>
    public void Load(string path)
    {
        Chat.Load(path);
        _branches.Said.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => _branches.Dispose();

    private void Answer(string message)
    {
        int before = Chat.Turns;
        bool answered = false;
        var watch = Stopwatch.StartNew();
        foreach (string part in Chat.Say(message, input.Cut))
        {
            session.WriteModelText(part);
            answered = true;
        }

        watch.Stop();
        session.Output.WriteLine();
        session.Output.Flush();

        // A message that was cut short while it was being read does not count as said.
        bool isCut = input.Cut.IsCancellationRequested;
        if (!isCut || Chat.Turns > before) _branches.Said.Add(message);
        if (answered || isCut) ShowSpeed(watch.Elapsed, isCut);
        else TellOfNothing();
    }

    private void ShowSpeed(TimeSpan time, bool isCut)
    {
        if (!input.IsInteractive || !session.OutputIsTerminal) return;
        int tokens = Chat.TokensWritten;
        double speed = tokens / Math.Max(time.TotalSeconds, 1e-6);
        string unit = tokens == 1 ? "token" : "tokens", cut = isCut ? ", cut short" : "";
        string line = string.Create(CultureInfo.InvariantCulture, $"[{tokens:#,0} {unit}, {speed:#,0} tokens/s{cut}]");
        session.Error.WriteLine(TerminalEscapes.AreKnown ? TerminalEscapes.Dim(line) : line);
    }

    private void TellOfNothing()
    {
        if (_saidNothing) return;
        _saidNothing = true;
        session.Error.WriteLine(Chat.Options.MaxTokens == 0
            ? "note: --max-tokens 0 asks for no tokens, so that every reply is empty"
            : "note: the model ended its reply before the first word, as models do that have learned too little: "
            + "an end is what they know best");
    }
}
