// The loop of an ordered text: read, perhaps with scores, write, and read what stands behind a reply. Wherever something must be read first
// it gives null, and goes on when the batch has read it.

namespace GruLM;

/// <summary>Carries out an order in a batch. Not thread-safe: the batch's thread uses it.</summary>
internal sealed class OrderedText : IDisposable
{
    // Tokens of a prompt that wait in the batch at a time: preparing them is done between two steps.
    private const int TokensAtOnce = 1024;

    private readonly LanguageModel _model;
    private readonly TextOrder _order;
    private readonly BatchedSession _session;
    private readonly TextWriterSession _writer;
    private readonly List<TokenChoice> _promptChoices = [];
    private WriterState? _state;
    private int _choicesGiven;
    private int _tokensKept;
    private bool _hasReadAll;

    /// <summary>Begins, with nothing read yet.</summary>
    public OrderedText(LanguageModel model, TextOrder order, TextBatch batch)
    {
        (_model, _order) = (model, order);
        _session = batch.NewSession();
        _writer = new TextWriterSession(model, order.Options, _session);
    }

    /// <summary>What reads for it.</summary>
    public BatchedSession Session => _session;

    /// <summary>The choices that were made since this was last asked.</summary>
    public IReadOnlyList<TokenChoice> NewChoices()
    {
        if (_choicesGiven == _writer.Choices.Count) return [];
        TokenChoice[] choices = [.. _writer.Choices.Skip(_choicesGiven)];
        _choicesGiven = _writer.Choices.Count;
        return choices;
    }

    /// <summary>How it ended.</summary>
    public TextEnd End() =>
        new(_hasReadAll ? _writer.FinishReason : FinishReason.Interrupted, _writer.TokensWritten, _promptChoices, _state)
        {
            TokensKept = _tokensKept,
        };

    /// <summary>The text as it comes, and null where the batch must read first.</summary>
    public IEnumerable<string?> Steps(CancellationToken cancel)
    {
        foreach (string? wait in Read(cancel)) yield return wait;
        if (!_hasReadAll) yield break;
        bool begun = !_order.IsReply || _order.Options.Constraint is not null;
        foreach (string? piece in _writer.Steps(_order.Stops, cancel, _order.StopTexts))
        {
            string? text = begun ? piece : piece?.TrimStart(' ');
            if (text is { Length: 0 }) continue;
            begun |= text is not null;
            yield return text;
        }

        if (!_order.KeepsState) yield break;
        _writer.Read(_order.IsReply ? _model.Ids.AfterReply(_writer.StoppedBy) : [], CancellationToken.None);
        if (_session.IsWaiting) yield return null;
        _state = _writer.Capture();
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    // Reads all parts, from behind the longest beginning whose state is kept.
    private IEnumerable<string?> Read(CancellationToken cancel)
    {
        UInt128[] keys = PrefixKeys.Of(_order);
        (int done, WriterState? start) = _order.Kept is { } kept ? kept.Longest(keys) : (0, _order.Behind);
        _tokensKept = _order.Read.Take(done).Sum(ids => ids.Length);
        if ((start ?? _order.Behind) is { } state) _writer.Restore(state);
        for (int i = done; i < _order.Read.Count; i++)
        {
            bool isLast = i == _order.Read.Count - 1;
            IEnumerable<string?> reading = isLast && _order.ScoresPrompt ? Score(_order.Read[i]) : ReadPart(_order.Read[i]);
            foreach (string? wait in reading)
            {
                if (cancel.IsCancellationRequested) yield break;
                yield return wait;
            }

            if (isLast || _order.Kept is null) continue;
            if (_session.IsWaiting) yield return null;
            if (cancel.IsCancellationRequested) yield break;
            _order.Kept.Keep(keys[i], _writer.Capture());
        }

        _hasReadAll = true;
    }

    private IEnumerable<string?> ReadPart(int[] ids)
    {
        foreach (int[] part in ids.Chunk(TokensAtOnce))
        {
            if (_session.IsWaiting) yield return null;
            _writer.Read(part, CancellationToken.None);
        }
    }

    private IEnumerable<string?> Score(int[] ids)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if (i > 0)
            {
                if (_session.IsWaiting) yield return null;
                _promptChoices.Add(_writer.ChoiceOf(ids[i]));
            }

            _writer.Read([ids[i]], CancellationToken.None);
        }
    }
}
