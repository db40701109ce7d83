// A text on its way in a batch: the loop that writes it, paused wherever it needs scores that come with the batch's next step.

namespace GruLM;

/// <summary>A text in a <see cref="TextBatch"/>. Not thread-safe.</summary>
/// <param name="session">What reads it.</param>
/// <param name="steps">The loop: text that is given out, and null where scores must come first.</param>
/// <param name="take">Is given the text.</param>
internal sealed class BatchedText(BatchedSession session, IEnumerable<string?> steps, Action<string> take) : IDisposable
{
    private readonly IEnumerator<string?> _steps = steps.GetEnumerator();

    /// <summary>Whether there are tokens to read before it can go on.</summary>
    public bool IsWaiting => session.IsWaiting;

    /// <summary>Whether the text has ended.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Writes as far as it gets; false at the end of the text.</summary>
    public bool GoOn()
    {
        while (_steps.MoveNext())
        {
            if (_steps.Current is not { } text) return true;
            take(text);
        }

        IsDone = true;
        return false;
    }

    /// <summary>Ends the loop, wherever it stands.</summary>
    public void Dispose() => _steps.Dispose();
}
