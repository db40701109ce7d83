// What a decoder asks before it works on sessions.

namespace GruLM.Generation;

/// <summary>Checks of sessions and tokens. Thread-safe: it has no state.</summary>
internal static class SessionChecks
{
    /// <summary>Throws <see cref="ArgumentException"/> unless there is an id for each session, and
    /// <see cref="ArgumentOutOfRangeException"/> for one that the vocabulary does not have.</summary>
    public static void Ids(ReadOnlySpan<int> ids, int sessions, int vocabSize)
    {
        if (ids.Length != sessions) throw new ArgumentException($"{ids.Length} ids for {sessions} sessions");
        Ids(ids, vocabSize);
    }

    /// <summary>Throws <see cref="ArgumentOutOfRangeException"/> when the vocabulary lacks one of the ids.</summary>
    public static void Ids(ReadOnlySpan<int> ids, int vocabSize)
    {
        foreach (int id in ids) Id(id, vocabSize);
    }

    /// <summary>Throws <see cref="ArgumentOutOfRangeException"/> for an id that the vocabulary does not have.</summary>
    public static void Id(int id, int vocabSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, vocabSize);
    }

    /// <summary>Throws <see cref="ArgumentException"/> unless <paramref name="logits"/> has V numbers for each session.</summary>
    public static void Logits(Span<float> logits, int sessions, int vocabSize)
    {
        if (logits.Length >= (long)sessions * vocabSize) return;
        throw new ArgumentException($"there is room for {logits.Length} scores; {sessions} sessions have {vocabSize} each");
    }

    /// <summary>What is thrown for a session of something else.</summary>
    public static ArgumentException Foreign() => new("a session belongs to another decoder");
}
