// Many texts at once, which come and go between any two steps. A step reads the next token of every text that waits for scores, all in one
// product a layer, and beside that a stretch of the prompts that are still being read, in turn, so that a long one holds nobody up.

namespace GruLM.Generation;

/// <summary>Steps many sessions together. What each gets is what it would get alone, whoever else is there. Not thread-safe.</summary>
/// <param name="decoder">What computes; it stays the caller's, and makes the members' sessions.</param>
public sealed class DecodingBatch(IDecoder decoder)
{
    private readonly List<BatchMember> _members = [];
    private readonly List<BatchMember> _waiting = [];
    private IDecodingSession[] _sessions = [];
    private int[] _ids = [];
    private float[] _logits = [];
    private int _turn;
    private int _firstScored;

    /// <summary>Is given the scores, [V], that follow all that a member was told to read; they last until the next step. It may tell the
    /// member to read on, and may let members join and leave.</summary>
    public delegate void Scored(BatchMember member, ReadOnlySpan<float> logits);

    /// <summary>Tokens of prompts that a step reads at most, over all members.</summary>
    public int PromptTokensAStep { get; init; } = 64;

    /// <summary>Texts that a step gives scores at most; where more want some they take turns. More do not make a step faster by the text,
    /// and their scores take memory.</summary>
    public int MostAStep { get; init; } = 128;

    /// <summary>Members that have joined and not left.</summary>
    public int Count => _members.Count;

    /// <summary>Takes a session in; it reads nothing until it is told to.</summary>
    public BatchMember Join(IDecodingSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        var member = new BatchMember(session);
        _members.Add(member);
        return member;
    }

    /// <summary>Tells a member what to read behind what it was told before. Its scores come when it has read all of it.</summary>
    /// <exception cref="ArgumentException">It has left.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary; none of them is read then.</exception>
    public void Read(BatchMember member, ReadOnlySpan<int> ids)
    {
        ArgumentNullException.ThrowIfNull(member);
        if (member.HasLeft) throw new ArgumentException("the text has left the batch");
        SessionChecks.Ids(ids, decoder.Config.VocabSize);
        member.Enqueue(ids);
    }

    /// <summary>The scores, [V], that follow all that a member has read: those that came with the last step, or new ones, which are valid
    /// until the next call for any session of the decoder. What it was told to read and has not read is read first.</summary>
    public ReadOnlySpan<float> Scores(BatchMember member)
    {
        ArgumentNullException.ThrowIfNull(member);
        member.ReadNow();
        int vocab = decoder.Config.VocabSize;
        return member.Row < 0 ? member.Session.Logits() : _logits.AsSpan(member.Row * vocab, vocab);
    }

    /// <summary>Lets a member go; what it has not read yet it does not read. Its session stays as it is.</summary>
    public void Leave(BatchMember member)
    {
        ArgumentNullException.ThrowIfNull(member);
        if (member.HasLeft) return;
        member.HasLeft = true;
        member.Forget();
        _members.Remove(member);
    }

    /// <summary>A step, with the scores handed out one after another; false when nobody had anything to read.</summary>
    public bool Step(Scored scored)
    {
        ArgumentNullException.ThrowIfNull(scored);
        bool any = Step();
        BatchMember[] scorers = [.. _waiting];
        foreach (BatchMember member in scorers)
        {
            if (!member.HasLeft) scored(member, Scores(member));
        }

        return any;
    }

    /// <summary>A step; false when nobody had anything to read. <see cref="Scores"/> gives the scores of those who have read all.</summary>
    public bool Step()
    {
        bool any = ReadPrompts();
        foreach (BatchMember member in _waiting) member.Row = -1;
        _waiting.Clear();
        ChooseScored();
        int count = _waiting.Count;
        if (count == 0) return any;
        int vocab = decoder.Config.VocabSize;
        if (_sessions.Length != count) (_sessions, _ids) = (new IDecodingSession[count], new int[count]);
        if (_logits.Length < count * vocab) _logits = new float[count * vocab];
        for (int i = 0; i < count; i++) (_sessions[i], _ids[i]) = (_waiting[i].Session, _waiting[i].Next);
        decoder.Read(_sessions, _ids);
        foreach (BatchMember member in _waiting) member.HasReadNext();
        decoder.Logits(_sessions, _logits);
        for (int i = 0; i < count; i++) _waiting[i].Row = i;
        return true;
    }

    // Whoever got no turn this time is the first next time.
    private void ChooseScored()
    {
        int members = _members.Count, first = _firstScored < members ? _firstScored : 0;
        for (int i = 0; i < members && _waiting.Count < MostAStep; i++)
        {
            int place = (first + i) % members;
            if (_members[place].Pending != 1) continue;
            _waiting.Add(_members[place]);
            if (_waiting.Count == MostAStep) _firstScored = place + 1;
        }
    }

    // All but the last token of each prompt, as far as a step goes; whoever got nothing this time is the first next time.
    private bool ReadPrompts()
    {
        int left = PromptTokensAStep;
        if (_turn >= _members.Count) _turn = 0;
        for (int i = 0; i < _members.Count && left > 0; i++)
        {
            BatchMember member = _members[(_turn + i) % _members.Count];
            int count = Math.Min(left, member.Pending - 1);
            if (count <= 0) continue;
            member.Read(count);
            left -= count;
            if (left == 0) _turn = (_turn + i + 1) % _members.Count;
        }

        return left < PromptTokensAStep;
    }
}
