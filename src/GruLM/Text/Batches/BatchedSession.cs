// A session whose tokens are read together with those of other sessions. Whoever needs its state or its scores before the next step has
// what is pending read at once.

using GruLM.Generation;
using GruLM.Model;

namespace GruLM;

/// <summary>A member of <paramref name="batch"/> over <paramref name="session"/>, which it disposes of. Used in turns.</summary>
/// <param name="batch">The batch.</param>
/// <param name="session">What reads.</param>
/// <param name="scratch">Where the texts of the batch choose their tokens.</param>
internal sealed class BatchedSession(DecodingBatch batch, IDecodingSession session, Candidates scratch) : IDecodingSession
{
    private readonly BatchMember _member = batch.Join(session);

    /// <inheritdoc/>
    public GruConfig Config => session.Config;

    /// <summary>Where the texts of the batch choose their tokens, one after another.</summary>
    public Candidates Scratch => scratch;

    /// <summary>Whether tokens wait for the next steps.</summary>
    public bool IsWaiting => _member.Pending > 0;

    /// <inheritdoc/>
    public void Read(int id) => batch.Read(_member, [id]);

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> ids) => batch.Read(_member, ids);

    /// <inheritdoc/>
    public ReadOnlySpan<float> Logits() => batch.Scores(_member);

    /// <inheritdoc/>
    public float[] SaveState()
    {
        _member.ReadNow();
        return session.SaveState();
    }

    /// <inheritdoc/>
    public void RestoreState(ReadOnlySpan<float> saved)
    {
        session.RestoreState(saved);
        _member.Forget();
    }

    /// <inheritdoc/>
    public void Reset()
    {
        session.Reset();
        _member.Forget();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        batch.Leave(_member);
        session.Dispose();
    }
}
