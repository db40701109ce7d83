// A text in a batch: its session, and the tokens that it has yet to read.

namespace GruLM.Generation;

/// <summary>A session that takes part in a <see cref="DecodingBatch"/>. Not thread-safe.</summary>
public sealed class BatchMember
{
    private readonly Queue<int> _pending = [];

    internal BatchMember(IDecodingSession session) => Session = session;

    /// <summary>The session. It is the caller's, who lets it alone while tokens are pending.</summary>
    public IDecodingSession Session { get; }

    /// <summary>Tokens that it has yet to read.</summary>
    public int Pending => _pending.Count;

    /// <summary>Whatever the caller wants to find again when scores come.</summary>
    public object? Tag { get; set; }

    /// <summary>Whether it has left the batch.</summary>
    public bool HasLeft { get; internal set; }

    /// <summary>Reads at once, alone, what it was told to read and has not read yet.</summary>
    public void ReadNow()
    {
        if (Pending > 0) Read(Pending);
    }

    /// <summary>Forgets what it was told to read and has not read, and the scores that it had: for when its session is given another
    /// state.</summary>
    public void Forget()
    {
        _pending.Clear();
        Row = -1;
    }

    /// <summary>Where its scores stand among those of the last step; −1 where it has none, or they are none of its state any more.
    /// </summary>
    internal int Row { get; set; } = -1;

    /// <summary>Whether the last step gave it the scores of all that it has read.</summary>
    internal bool HasScores => Row >= 0;

    internal void Enqueue(ReadOnlySpan<int> ids)
    {
        if (!ids.IsEmpty) Row = -1;
        foreach (int id in ids) _pending.Enqueue(id);
    }

    /// <summary>The token that is to be read next.</summary>
    internal int Next => _pending.Peek();

    /// <summary>Says that the next token was read. What could not be read stays.</summary>
    internal void HasReadNext() => _pending.Dequeue();

    /// <summary>Reads, alone, so many tokens of what it was told to.</summary>
    internal void Read(int count)
    {
        Session.Read([.. _pending.Take(count)]);
        for (int i = 0; i < count; i++) _pending.Dequeue();
    }
}
