// A chat: turns in the template's markers over one carried state. The state is all the history there is; its size never grows.

using GruLM.Corpus;
using GruLM.Training;

namespace GruLM;

/// <summary>An exchange of turns with a model. Not thread-safe: one turn at a time, and each reply read to its end, or its enumeration
/// disposed (as <c>foreach</c> does when it is left), before anything else is said; one that was just left lying ends there. Several chats
/// with one model may go on side by side. After <see cref="Dispose"/> everything throws <see cref="ObjectDisposedException"/>.</summary>
public sealed class ChatSession : IDisposable
{
    private const int MostTurns = 1000;

    private readonly LanguageModel _model;
    private readonly TextWriterSession _writer;

    // The copy of the weights that adapts, and the state before what it has not learned from; null: nothing is learned.
    private readonly TalkLearner? _learner;
    private float[] _unlearned = [];

    // The number of the reply that is being given, and whether it has been begun and not been ended.
    private int _reply;
    private bool _replies;
    private bool _disposed;

    // Where the chat stood before each of the last turns.
    private readonly List<WriterState> _before = [];

    internal ChatSession(LanguageModel model, GenerationOptions options, DynamicOptions? learn = null)
    {
        model.Check(options, model.Ids.ChatStops);
        learn?.Validate();
        _model = model;
        _learner = learn is null ? null : model.NewLearner(learn);
        _writer = new TextWriterSession(model, options, _learner?.NewSession(), keepsJournal: learn is not null);
        Begin();
    }

    private ChatSession(LanguageModel model, TextWriterSession writer, TalkLearner? learner) =>
        (_model, _writer, _learner) = (model, writer, learner);

    /// <summary>Turns that <see cref="Undo"/> can take back.</summary>
    public int Turns => _before.Count;

    /// <summary>How replies are written from here on.</summary>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public GenerationOptions Options
    {
        get => _writer.Options;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            CheckNotDisposed();
            _model.Check(value, _model.Ids.ChatStops);
            EndReply();
            _writer.Options = value;
        }
    }

    /// <summary>What ended the last reply.</summary>
    public FinishReason FinishReason => _writer.FinishReason;

    /// <summary>Tokens in the last reply.</summary>
    public int TokensWritten => _writer.TokensWritten;

    /// <summary>Tokens that the model has read for this chat so far, without those that it wrote.</summary>
    internal long TokensRead => _writer.TokensRead;

    /// <summary>Takes the last turn back, what was said and the reply; false when there is none. Said again it is answered by other draws
    /// than before. What a chat that learns has learned from earlier turns stays learned.</summary>
    public bool Undo()
    {
        CheckNotDisposed();
        EndReply();
        if (_before.Count == 0) return false;
        ulong drawn = _writer.Capture().Drawn;
        _writer.Restore(_before[^1] with { Drawn = drawn });
        _unlearned = _before[^1].State;
        _before.RemoveAt(_before.Count - 1);
        return true;
    }

    /// <summary>A chat that stands where this one does and goes its own way from here on.</summary>
    public ChatSession Fork()
    {
        CheckNotDisposed();
        EndReply();
        Learn();
        TalkLearner? learner = _learner?.Copy();
        var fork = new ChatSession(_model, _writer.Fork(learner?.NewSession()), learner) { _unlearned = _unlearned };
        fork._before.AddRange(_before);
        return fork;
    }

    /// <summary>Writes where the chat stands to a file, whole or not at all; with what it has learned, the last turn included.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        CheckNotDisposed();
        EndReply();
        Learn();
        StateFile.Write(path, _writer.Capture(), _model, _learner);
    }

    /// <summary>Goes on from where a chat or a text stood that was saved with this model.</summary>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or was saved with another model or other weights, or by a chat that learns
    /// where this one does not; the chat is as it was.</exception>
    public void Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        CheckNotDisposed();
        WriterState state = StateFile.Read(path, _model, _learner);
        _replies = false;
        _before.Clear();
        _writer.Restore(state);
        _unlearned = state.State;
    }

    /// <summary>Where the chat stands, behind its last reply.</summary>
    internal WriterState Capture()
    {
        CheckNotDisposed();
        EndReply();
        return _writer.Capture();
    }

    /// <summary>Goes on from where a chat with this model stood; turns before that cannot be taken back.</summary>
    internal void Restore(WriterState state)
    {
        CheckNotDisposed();
        _replies = false;
        _before.Clear();
        _writer.Restore(state);
        _unlearned = state.State;
    }

    /// <summary>Reads a turn with an answer that was given to it elsewhere.</summary>
    internal void ReadExchange(string message, string answer)
    {
        CheckNotDisposed();
        EndReply();
        _writer.Read(ChatPrompt.Exchange(_model, message, answer));
    }

    /// <summary>Reads text that is part of the chat but nobody's turn, such as a story to be asked about.</summary>
    public void Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        CheckNotDisposed();
        EndReply();
        _writer.Read(_model.Tokenizer.Encode(TextCorpus.Clean(text)));
    }

    /// <summary>Says something and gives the reply as it comes, without the space after the marker.</summary>
    /// <param name="message">What a person says.</param>
    /// <param name="cancel">Cuts the reply short quietly, after the token at work; the chat can go on. A long message that is still being
    /// read then counts as not said.</param>
    public IEnumerable<string> Say(string message, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        CheckNotDisposed();
        return Reply(message, cancel);
    }

    /// <summary>Says something and gives the reply as <see cref="Say"/> does. The computing is done on the thread pool.</summary>
    /// <param name="message">What a person says.</param>
    /// <param name="cancel">Cuts the reply short with an <see cref="OperationCanceledException"/>, after the token at work; the chat can
    /// go on.</param>
    public IAsyncEnumerable<string> SayAsync(string message, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        CheckNotDisposed();
        return ThreadPoolEnumeration.Enumerate(token => Reply(message, token), cancel);
    }

    /// <summary>Forgets the chat so far, and what was learned from it.</summary>
    public void Reset()
    {
        CheckNotDisposed();
        _learner?.Forget();
        _replies = false;
        _before.Clear();
        _writer.Reset();
        Begin();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _writer.Dispose();
        _learner?.Dispose();
    }

    private void Begin()
    {
        if (_learner is not null) _unlearned = _writer.Capture().State;
        _writer.Read(_model.Ids.Opening >= 0 ? [_model.Ids.Opening] : []);
    }

    // Learns from what was read since it last did so, and begins behind it.
    private void Learn()
    {
        if (_learner is null) return;
        _learner.Learn(_unlearned, [.. _writer.Journal]);
        _writer.ClearJournal();
        _unlearned = _writer.Capture().State;
    }

    private IEnumerable<string> Reply(string message, CancellationToken cancel)
    {
        CheckNotDisposed();
        EndReply();
        Learn();
        int reply = ++_reply;

        bool isFree = _writer.Options.Constraint is null;
        WriterState before = _writer.Capture();
        if (!_writer.TryReadWhole(ChatPrompt.Turn(_model, message, isFree), cancel)) yield break;
        _before.Add(before);
        if (_before.Count > MostTurns) _before.RemoveAt(0);
        _replies = true;
        try
        {
            bool begun = false;
            foreach (string piece in _writer.Write(_model.Ids.ChatStops, cancel, _model.Ids.ChatStopTexts))
            {
                string text = begun || !isFree ? piece : piece.TrimStart(' ');
                if (text.Length == 0) continue;
                begun = true;
                yield return text;
            }
        }
        finally
        {
            if (reply == _reply && !_disposed) EndReply();
        }
    }

    // The model reads what stood between an answer and the next prompt in training, whatever cut the reply short, so that the next turn
    // begins where turns begin.
    private void EndReply()
    {
        if (!_replies) return;
        _replies = false;
        _writer.Read(_model.Ids.AfterReply(_writer.StoppedBy));
    }

    private void CheckNotDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);
}
