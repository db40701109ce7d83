// A model made ready for decoding, wherever it computes: it makes sessions, and works on many of them at once.

using GruLM.Model;

namespace GruLM.Generation;

/// <summary>A model that reads and writes texts, each with a session of its own. Not thread-safe: one thread at a time uses it and its
/// sessions, and not always the same one. Dispose it after its sessions.</summary>
public interface IDecoder : IDisposable
{
    /// <summary>The model's architecture.</summary>
    GruConfig Config { get; }

    /// <summary>The numbers that its weights are read as; never <see cref="WeightFormat.Auto"/>.</summary>
    WeightFormat Weights { get; }

    /// <summary>A session with a zero state.</summary>
    IDecodingSession CreateSession();

    /// <summary>Each of some sessions of this decoder reads a token of its own; what a session computes does not depend on the
    /// others.</summary>
    /// <exception cref="ArgumentException">There is not an id for each session, or a session is not of this decoder, or stands there
    /// twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary; no session has read anything then.</exception>
    void Read(ReadOnlySpan<IDecodingSession> sessions, ReadOnlySpan<int> ids)
    {
        SessionChecks.Ids(ids, sessions.Length, Config.VocabSize);
        for (int i = 0; i < ids.Length; i++) sessions[i].Read(ids[i]);
    }

    /// <summary>A session of this decoder reads several tokens, and gives the scores that follow each of them: [ids, V], row by
    /// row.</summary>
    /// <exception cref="ArgumentException">There is not room for them in <paramref name="logits"/>, or the session is not of this
    /// decoder.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary; nothing has been read then.</exception>
    void Read(IDecodingSession session, ReadOnlySpan<int> ids, Span<float> logits)
    {
        SessionChecks.Ids(ids, Config.VocabSize);
        SessionChecks.Logits(logits, ids.Length, Config.VocabSize);
        for (int i = 0; i < ids.Length; i++)
        {
            session.Read(ids[i]);
            session.Logits().CopyTo(logits[(i * Config.VocabSize)..]);
        }
    }

    /// <summary>Scores of each session's next token: [sessions, V], row by row.</summary>
    /// <exception cref="ArgumentException">There is not room for them in <paramref name="logits"/>, or a session is not of this
    /// decoder.</exception>
    void Logits(ReadOnlySpan<IDecodingSession> sessions, Span<float> logits)
    {
        SessionChecks.Logits(logits, sessions.Length, Config.VocabSize);
        for (int i = 0; i < sessions.Length; i++) sessions[i].Logits().CopyTo(logits[(i * Config.VocabSize)..]);
    }

    /// <summary>Does pieces of work of the caller's own, 0 to <paramref name="count"/> − 1, in any order and on all the threads that it
    /// computes with, and returns when all are done. They must be independent, and let the decoder and its sessions alone.</summary>
    void Share(int count, Action<int> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        for (int i = 0; i < count; i++) work(i);
    }
}
