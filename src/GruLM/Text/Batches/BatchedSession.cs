// A session whose tokens are read together with those of other sessions. Whoever needs its state or its scores before the next step has
// what is pending read at once.

using GruLM.Generation;
using GruLM.Model;

namespace GruLM;

/// <summary>A member of <paramref name="batch"/> over <paramref name="session"/>, which it disposes of. Used in turns.</summary>
/// <param name="batch">The batch.</param>
/// <param name="session">What reads.</param>
internal sealed class BatchedSession(DecodingBatch batch, IDecodingSession session) : IDecodingSession
{
    private readonly BatchMember _member = batch.Join(session);
    private Sampler? _sampler;
    private int[] _never = [];
    private int _choice = -1;

    /// <inheritdoc/>
    public GruConfig Config => session.Config;

    /// <summary>Whether tokens wait for the next steps.</summary>
    public bool IsWaiting => _member.Pending > 0;

    /// <summary>Whether a token was asked for, and can be chosen.</summary>
    public bool CanChoose => _sampler is not null && _member.HasScores;

    /// <summary>Whether a token was chosen and not taken yet.</summary>
    public bool HasChoice => _choice >= 0;

    /// <summary>Asks for the token behind what is pending, so that it can be chosen beside those of other texts.</summary>
    public void AskChoice(Sampler sampler, int[] never) => (_sampler, _never, _choice) = (sampler, never, -1);

    /// <summary>Chooses the token that was asked for. Several sessions of a batch may choose at the same time. What cannot be chosen fails
    /// when its text chooses for itself.</summary>
    public void Choose()
    {
        try
        {
            _choice = _sampler!.Sample(batch.Scores(_member), _never);
        }
        catch (Exception error) when (error is ArgumentException or InvalidDataException)
        {
            _choice = -1;
        }

        _sampler = null;
    }

    /// <summary>The token that was chosen; −1 for none.</summary>
    public int TakeChoice()
    {
        int choice = _choice;
        (_sampler, _choice) = (null, -1);
        return choice;
    }

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
