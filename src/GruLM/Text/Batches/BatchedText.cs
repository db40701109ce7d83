// A text on its way in a batch: the loop that writes it, paused wherever it needs scores that come with the batch's next step.

namespace GruLM;

/// <summary>A text in a <see cref="TextBatch"/>. Not thread-safe.</summary>
/// <param name="session">What reads it.</param>
/// <param name="steps">The loop: text that is given out, and null where scores must come first.</param>
/// <param name="take">Is given the text; false: the text is to pause.</param>
internal sealed class BatchedText(BatchedSession session, IEnumerable<string?> steps, Func<string, bool> take) : IDisposable
{
    private readonly IEnumerator<string?> _steps = steps.GetEnumerator();

    /// <summary>Is told of the end of the text, and of what failed, if anything did.</summary>
    public Action<Exception?>? Ended { get; init; }

    /// <summary>Whether there are tokens to read before it can go on.</summary>
    public bool IsWaiting => session.IsWaiting;

    /// <summary>What reads it.</summary>
    public BatchedSession Session => session;

    /// <summary>Writes as far as it gets; false at the end of the text, and where it is to pause.</summary>
    public bool GoOn()
    {
        try
        {
            while (_steps.MoveNext())
            {
                if (_steps.Current is not { } text) return true;
                if (!take(text)) return false;
            }
        }
        catch (Exception error) when (Ended is not null)
        {
            Ended(error);
            return false;
        }

        Ended?.Invoke(null);
        return false;
    }

    /// <summary>Ends a text that cannot go on.</summary>
    public void Fail(Exception error) => Ended?.Invoke(error);

    /// <summary>Ends the loop, wherever it stands.</summary>
    public void Dispose() => _steps.Dispose();
}
