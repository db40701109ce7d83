// A chat: turns in the template's markers over one carried state. The state is all the history there is; its size never grows.

using GruLM.Model;

namespace GruLM;

/// <summary>An exchange of turns with a model. Not thread-safe: one turn at a time, and each reply read to its end, or its enumeration
/// disposed (as <c>foreach</c> does when it is left), before anything else is said. Several chats with one model may go on side by
/// side.</summary>
public sealed class ChatSession : IDisposable
{
    private readonly LanguageModel _model;
    private readonly TextWriterSession _writer;

    internal ChatSession(LanguageModel model, GenerationOptions options)
    {
        options.Validate();
        _model = model;
        _writer = new TextWriterSession(model, options);
        Begin();
    }

    /// <summary>Reads text that is part of the chat but nobody's turn, such as a story to be asked about.</summary>
    public void Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _writer.Read(_model.Tokenizer.Encode(text));
    }

    /// <summary>Says something and gives the reply as it comes, without the space after the marker.</summary>
    /// <param name="message">What a person says.</param>
    /// <param name="cancel">Cuts the reply short quietly, after the token at work; the chat can go on.</param>
    public IEnumerable<string> Say(string message, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Reply(message, cancel);
    }

    /// <summary>Says something and gives the reply as <see cref="Say"/> does. The computing is done on the thread pool.</summary>
    /// <param name="message">What a person says.</param>
    /// <param name="cancel">Cuts the reply short with an <see cref="OperationCanceledException"/>, after the token at work; the chat can
    /// go on.</param>
    public IAsyncEnumerable<string> SayAsync(string message, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return ThreadPoolEnumeration.Enumerate(token => Reply(message, token), cancel);
    }

    /// <summary>Forgets the chat so far.</summary>
    public void Reset()
    {
        _writer.Reset();
        Begin();
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private void Begin()
    {
        if (_model.Samples == SampleKind.Stream) _writer.Read([_model.Ids.Opening]);
    }

    private IEnumerable<string> Reply(string message, CancellationToken cancel)
    {
        // A turn is read whole, whoever is in a hurry: half of one would stay in the state.
        if (_model.Samples == SampleKind.Lines) _writer.Read([_model.Ids.Opening], CancellationToken.None);
        _writer.Read(_model.Tokenizer.Encode(_model.Defaults.Chat.Turn(message)), CancellationToken.None);
        try
        {
            bool begun = false;
            foreach (string piece in _writer.Write(_model.Ids.ChatStops, cancel))
            {
                string text = begun ? piece : piece.TrimStart(' ');
                if (text.Length == 0) continue;
                begun = true;
                yield return text;
            }
        }
        finally
        {
            // The model has to read what ends a reply too; for a reply that was cut short, by whatever, the token that would have ended it.
            int ending = _writer.StoppedBy >= 0 ? _writer.StoppedBy : _model.Ids.ReplyEnd;
            if (ending >= 0) _writer.Read([ending], CancellationToken.None);
        }
    }
}
