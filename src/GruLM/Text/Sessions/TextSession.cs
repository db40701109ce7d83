// A text that a program reads into a model and lets it write on, part by part: its state can be copied, saved and gone on from.

using GruLM.Corpus;

namespace GruLM;

/// <summary>A text over one carried state, which is all that the model remembers of it. Not thread-safe: one call at a time, and each text
/// that is written read to its end, or its enumeration disposed, before anything else is done. Several sessions of one model may go on side
/// by side. After <see cref="Dispose"/> everything throws <see cref="ObjectDisposedException"/>.</summary>
public sealed class TextSession : IDisposable
{
    private readonly LanguageModel _model;
    private readonly TextWriterSession _writer;
    private bool _begun;

    internal TextSession(LanguageModel model, GenerationOptions options)
    {
        model.Check(options);
        _model = model;
        _writer = new TextWriterSession(model, options) { Owner = nameof(TextSession) };
    }

    private TextSession(LanguageModel model, TextWriterSession writer, bool begun) =>
        (_model, _writer, _begun) = (model, writer, begun);

    /// <summary>How texts are written from here on.</summary>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public GenerationOptions Options
    {
        get => _writer.Options;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            _model.Check(value);
            _writer.Options = value;
        }
    }

    /// <summary>What ended the last text that was written.</summary>
    public FinishReason FinishReason => _writer.FinishReason;

    /// <summary>The choices made for the last text that was written, token by token; empty unless
    /// <see cref="GenerationOptions.LogProbs"/> asks for them.</summary>
    public IReadOnlyList<TokenChoice> Choices => [.. _writer.Choices];

    /// <summary>Tokens in the last text that was written, without one that ended it.</summary>
    public int TokensWritten => _writer.TokensWritten;

    /// <summary>Reads text, behind what was read and written before. The first begins as texts did in training.</summary>
    /// <param name="text">The text; cleaned as all text is that is learned from.</param>
    /// <param name="cancel">Ends the reading quietly, after the tokens at work; what was read stays read.</param>
    public void Read(string text, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        bool begun = _begun;
        _begun = true;
        _writer.Read(begun ? _model.Tokenizer.Encode(TextCorpus.Clean(text), cancel) : _model.PromptIds(text), cancel);
    }

    /// <summary>Reads text as <see cref="Read"/> does, whole or not at all.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cancel">Ends the reading, after the tokens at work.</param>
    /// <returns>Whether all of it was read; when not, this session is as it was.</returns>
    public bool TryRead(string text, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(text);
        WriterState before = _writer.Capture();
        try
        {
            IEnumerable<int> ids = _begun ? _model.Tokenizer.Encode(TextCorpus.Clean(text), cancel) : _model.PromptIds(text);
            if (_writer.Read(ids, cancel)) return _begun = true;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // While the text was cut into tokens.
        }

        _writer.Restore(before);
        return false;
    }

    /// <summary>Writes on, giving the new text as it comes, never a part of a character.</summary>
    /// <param name="cancel">Ends the text quietly, after the token at work.</param>
    public IEnumerable<string> Write(CancellationToken cancel = default)
    {
        if (!_begun) Read("", CancellationToken.None);
        return _writer.Write(_model.Ids.Stops, cancel);
    }

    /// <summary>A session that stands where this one does and goes its own way from here on.</summary>
    public TextSession Fork() => new(_model, _writer.Fork(), _begun);

    /// <summary>Writes where this session stands to a file, whole or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!_begun) Read("", CancellationToken.None);
        StateFile.Write(path, _writer.Capture(), _model);
    }

    /// <summary>Goes on from where a text or a chat stood that was saved with this model.</summary>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or was saved with another model or other weights, or by a chat that learns;
    /// this session is as it was.</exception>
    public void Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _writer.Restore(StateFile.Read(path, _model));
        _begun = true;
    }

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        _writer.Reset();
        _begun = false;
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
