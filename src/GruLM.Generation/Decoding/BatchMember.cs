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

    internal void Enqueue(ReadOnlySpan<int> ids)
    {
        foreach (int id in ids) _pending.Enqueue(id);
    }

    internal int Dequeue() => _pending.Dequeue();

    internal void Clear() => _pending.Clear();
}
