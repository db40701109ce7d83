// The loop of generation: choose a token, show its text, read it. The only one: Generate, a chat, their asynchronous forms, several texts
// at once and the samples of a run in training all come here. Each step is a turn of the model's, so that several texts can be written side
// by side. A token is read when the next one is asked for, so that one whose text nobody was shown, such as a part of a stop string, can be
// taken back.

using GruLM.Generation;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>A decoding session with its sampler and its streaming decoder. Not thread-safe, but several of one model may be at
/// work.</summary>
internal sealed class TextWriterSession : IDisposable
{
    // How many tokens are read in one turn, so that others who wait for theirs do not wait long. The one below is a multiple of it.
    private const int TokensAtOnce = 64;

    // How many of the last tokens are kept at least.
    private const int RecentTokens = 1024;

    // How many tokens of a text that counts as a whole are read before somebody's hurry is looked at again.
    private const int TokensBetweenLooks = 256;

    private readonly LanguageModel _model;
    private readonly IDecodingSession _session;
    private readonly List<TokenChoice> _choices = [];
    private readonly LogProbs _logProbs = new();
    private GenerationOptions _options;
    private Sampler _sampler;

    // What was read or written last, as many tokens as a state that is saved keeps.
    private readonly List<int> _recent = [];

    private readonly StreamingDecoder _decoder;
    private readonly ConstrainedText _constrained = new();

    // The last token written, behind those before it whose text has not all been given out; how many of them the model has read, which is
    // all but the last or all; and the state before the first of them, null while none of them is read.
    private readonly WrittenTokens _written = new();
    private int _read;
    private float[]? _before;

    // Whether all of their text was given out, and how much of its end was not.
    private bool _allShown;
    private int _withheld;

    // Tokens that the decoder has seen since it began anew, as it does behind each text.
    private int _decoded;

    // What the model has read since it was last asked, and how much of that before the first of the tokens written; null: nobody asks.
    private readonly List<int>? _journal;
    private int _journalBefore;

    // The number of the text that is being written: an older enumeration ends.
    private int _writing;
    private bool _disposed;

    /// <summary>Begins with nothing read. The options are valid. With <paramref name="own"/>, which it disposes of, that session is what
    /// reads. <paramref name="keepsJournal"/>: <see cref="Journal"/> says what was read.</summary>
    public TextWriterSession(LanguageModel model, GenerationOptions options, IDecodingSession? own = null, bool keepsJournal = false)
    {
        (_model, _options) = (model, options);
        _decoder = model.Tokenizer.CreateStreamingDecoder();
        _session = own ?? model.NewSession();
        _sampler = NewSampler(options, drawn: 0);
        _journal = keepsJournal ? [] : null;
    }

    /// <summary>The class that a caller knows, which an error names when it is used after its end.</summary>
    public string Owner { get; init; } = nameof(ChatSession);

    /// <summary>Tokens read since <see cref="Restore"/>, <see cref="Reset"/> or <see cref="ClearJournal"/>; none if nobody asks.</summary>
    public IReadOnlyList<int> Journal => _journal ?? [];

    /// <summary>How texts are written; valid options. What penalties remember and the draws made so far stay.</summary>
    public GenerationOptions Options
    {
        get => _options;
        set
        {
            Settle();
            if (value.Constraint != _options.Constraint) _constrained.End();
            _options = value;
            _sampler = NewSampler(value, _sampler.Drawn);
            foreach (int id in _recent) _sampler.Accept(id);
        }
    }

    /// <summary>The choices made for the last text, where they were asked for.</summary>
    public IReadOnlyList<TokenChoice> Choices => _choices;

    /// <summary>What ended the last text.</summary>
    public FinishReason FinishReason { get; private set; }

    /// <summary>Tokens in the last text.</summary>
    public int TokensWritten { get; private set; }

    /// <summary>Tokens that were read so far, without those that were written here.</summary>
    public long TokensRead { get; private set; }

    /// <summary>The token that ended the last text; −1 when something else did.</summary>
    public int StoppedBy { get; private set; } = -1;

    /// <summary>Reads tokens without writing any, behind what was written and given out. The decoder sees them too, so that the text that
    /// follows is spaced right. A cancelled reading ends before the next token; the answer is whether all were read.</summary>
    public bool Read(IEnumerable<int> ids, CancellationToken cancel = default)
    {
        Settle();
        _constrained.End();
        foreach (int[] part in ids.Chunk(TokensAtOnce))
        {
            if (cancel.IsCancellationRequested) return false;
            ReadPart(part);
        }

        return true;
    }

    /// <summary>Reads tokens that belong together. Cancelled on the way, it reads none of them and answers false.</summary>
    public bool TryReadWhole(IReadOnlyList<int> ids, CancellationToken cancel)
    {
        Settle();
        _constrained.End();
        float[]? before = ids.Count > TokensBetweenLooks ? SaveState() : null;
        int read = 0, journal = Journal.Count;
        foreach (int[] part in ids.Chunk(TokensAtOnce))
        {
            if (read > 0 && read % TokensBetweenLooks == 0 && cancel.IsCancellationRequested)
            {
                RestoreState(before!);
                _journal?.RemoveRange(journal, _journal.Count - journal);
                return false;
            }

            ReadPart(part);
            read += part.Length;
        }

        return true;
    }

    /// <summary>The score of a token that comes next, and as many alternatives as the options say.</summary>
    public TokenChoice ChoiceOf(int id)
    {
        using Turns.Turn turn = TakeTurn();
        return TokenChoice.Of(_logProbs, _session.Logits(), id, _options.LogProbs ?? 0);
    }

    /// <summary>Writes until a stop token, one of the stop strings or of <paramref name="texts"/>, or the length, or until it is cancelled,
    /// which ends it quietly. Under a constraint the text is what that allows; one that was left in the middle is gone on with.</summary>
    public IEnumerable<string> Write(int[] stops, CancellationToken cancel, params string[] texts) =>
        Steps(stops, cancel, texts).OfType<string>();

    /// <summary>Writes as <see cref="Write"/> does. In a batch it gives null where the text can go on only when the batch has read what
    /// is pending.</summary>
    public IEnumerable<string?> Steps(int[] stops, CancellationToken cancel, params string[] texts)
    {
        Settle();
        int writing = ++_writing;
        var watch = new StopStrings(_options.IgnoreEos ? _options.Stop : [.. _options.Stop, .. texts]);
        int[] never = _options.IgnoreEos ? [.. _model.Ids.Never, .. _model.Ids.Stops] : _model.Ids.Never;
        int[] ends = _options.IgnoreEos ? [] : stops;
        _constrained.Begin(_options.Constraint?.Fingerprint, _model.Bind(_options, stops), _options.MaxTokens);
        if (_constrained.Cursor is not null) _decoder.KeepSpaces();
        (StoppedBy, FinishReason, TokensWritten) = (-1, FinishReason.Interrupted, 0);
        _choices.Clear();
        for (int i = 0; i < _options.MaxTokens && !watch.Stopped; i++)
        {
            if (cancel.IsCancellationRequested || writing != _writing) yield break;
            if (_session is BatchedSession batched)
            {
                using (TakeTurn()) ReadLast();
                if (_constrained.Cursor is null) batched.AskChoice(_sampler, never);
                if (batched.IsWaiting) yield return null;
                if (writing != _writing || (cancel.IsCancellationRequested && !batched.HasChoice)) yield break;
            }

            int id = Step(never, ends, _options.MaxTokens - i);
            if (id < 0)
            {
                FinishReason = FinishReason.Stop;
                break;
            }

            TokensWritten++;
            string written = Decode(id), text = watch.Push(written);
            _written.Add(id, written);
            (_withheld, _allShown) = (watch.Withheld, watch.Withheld == 0 && written.Length > 0);
            if (text.Length > 0) yield return text;
        }

        if (writing != _writing) yield break;
        if (watch.Stopped) FinishReason = FinishReason.Stop;
        else if (FinishReason != FinishReason.Stop) FinishReason = LengthReason;
        _constrained.End();
        if (watch.Stopped) yield break;
        string last = watch.Push(_decoder.Flush());
        _decoded = 0;
        if (!watch.Stopped) last += watch.Flush();
        (_withheld, _allShown) = (watch.Withheld, watch.Withheld == 0);
        if (last.Length > 0) yield return last;
    }

    /// <summary>Where the text stands, behind what was given out.</summary>
    public WriterState Capture()
    {
        Settle();
        return new WriterState(SaveState(), [.. _recent], _sampler.Drawn, _decoded, _sampler.MirostatBound, _constrained.Part);
    }

    /// <summary>Goes on from where a text stood.</summary>
    public void Restore(WriterState state)
    {
        Begin();
        RestoreState(state.State);
        foreach (int id in state.Recent) Accept(id);
        foreach (int id in state.Recent.TakeLast(state.Decoded)) Decode(id);
        _sampler.Drawn = state.Drawn;
        _sampler.MirostatBound = state.MirostatBound;
        _constrained.Restore(state.Constrained);
    }

    /// <summary>Begins the journal anew.</summary>
    public void ClearJournal() => _journal?.Clear();

    /// <summary>A session that stands where this one does, over a session of its own where that is given.</summary>
    public TextWriterSession Fork(IDecodingSession? own = null)
    {
        WriterState state = Capture();
        var fork = new TextWriterSession(_model, _options, own, keepsJournal: _journal is not null) { Owner = Owner };
        fork.Restore(state);
        return fork;
    }

    /// <summary>Forgets everything read and written.</summary>
    public void Reset()
    {
        Begin();
        _constrained.End();
        using (TakeTurn()) _session.Reset();
    }

    public void Dispose()
    {
        _disposed = true;
        _model.EndSession(_session);
    }

    // Forgets all but the model's state and the constraint.
    private void Begin()
    {
        _writing++;
        Forget();
        ClearJournal();
        _recent.Clear();
        _sampler.Reset();
        _decoder.Reset();
        _decoded = 0;
    }

    private Sampler NewSampler(GenerationOptions options, ulong drawn) =>
        new(options.Sampling ?? _model.Defaults.ToSampling()) { Drawn = drawn };

    // A text that fits its constraint and has no tokens left can do nothing but end.
    private FinishReason LengthReason => _constrained.Cursor is { IsComplete: true } ? FinishReason.Stop : FinishReason.Length;

    // Reads the last token, if any, and chooses the next of those that are left; −1 for one that ends the text, and where none fits.
    private int Step(int[] never, int[] ends, int left)
    {
        using Turns.Turn turn = TakeTurn();
        ReadLast();
        ReadOnlySpan<ulong> allowed = default;
        if (_constrained.Cursor is { } cursor)
        {
            allowed = cursor.Allowed(left);
            if (allowed.IsEmpty) return -1;
        }

        int id = (_session as BatchedSession)?.TakeChoice() ?? -1;
        bool needsAll = _options.LogProbs is not null || _constrained.Cursor is not null;
        ReadOnlySpan<float> logits = _session.BestLogits(needsAll ? 0 : _sampler.BestNeeded(never.Length));
        if (id < 0) id = _sampler.Sample(logits, never, allowed);
        if (!ends.Contains(id))
        {
            _constrained.Cursor?.Accept(id);
            if (_options.LogProbs is { } best) _choices.Add(TokenChoice.Of(_logProbs, logits, id, best));
            return id;
        }

        StoppedBy = id;
        return -1;
    }

    // Reads the last token, if it was not read yet. In a turn.
    private void ReadLast()
    {
        if (_read == _written.Count) return;
        if (!_allShown && _before is null) (_before, _journalBefore) = (_session.SaveState(), Journal.Count);
        int last = _written.Last;
        _session.Read(last);
        _journal?.Add(last);
        Accept(last);
        _read = _written.Count;
        if (_allShown) Keep(_written.Text);
    }

    // Ends what was written: the state becomes that after the text that was given out, and nothing more. The penalties remember all of it.
    private void Settle()
    {
        _writing++;
        if (_written.Count == 0) return;
        if (!_allShown)
        {
            TakeBack();
            return;
        }

        if (_read < _written.Count)
        {
            Advance(_written.Last);
            Accept(_written.Last);
        }

        Keep(_written.Text);
    }

    // What was written was given out, as far as this text goes, and is not taken back any more.
    private void Keep(string text)
    {
        _constrained.Give(text);
        Forget();
    }

    private void TakeBack()
    {
        if (_before is not null)
        {
            RestoreState(_before);
            _journal?.RemoveRange(_journalBefore, _journal.Count - _journalBefore);
        }

        string text = _written.Text[..^_withheld];
        foreach (int id in _written.Beginning(text.Length, _model.Tokenizer)) Advance(id);
        _decoder.Reset();
        _decoded = 0;
        Keep(text);
    }

    private void Forget()
    {
        _written.Clear();
        (_read, _before) = (0, null);
    }

    // What the text that follows depends on besides the state are the penalties, and the spaces before it.
    private void ReadPart(int[] ids)
    {
        using (TakeTurn()) _session.Read(ids);
        TokensRead += ids.Length;
        _journal?.AddRange(ids);
        foreach (int id in ids)
        {
            Accept(id);
            Decode(id);
        }
    }

    private string Decode(int id)
    {
        _decoded++;
        return _decoder.Push(id);
    }

    private void Accept(int id)
    {
        _sampler.Accept(id);
        _recent.Add(id);
        if (_recent.Count > 2 * RecentTokens) _recent.RemoveRange(0, _recent.Count - RecentTokens);
    }

    private void Advance(int id)
    {
        using (TakeTurn()) _session.Read(id);
        _journal?.Add(id);
    }

    private float[] SaveState()
    {
        using (TakeTurn()) return _session.SaveState();
    }

    private void RestoreState(float[] state)
    {
        using (TakeTurn()) _session.RestoreState(state);
    }

    private Turns.Turn TakeTurn() => _disposed ? throw new ObjectDisposedException(Owner) : _model.TakeTurn();
}
