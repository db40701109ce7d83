// A chat: turns in the template's markers over one carried state. The state is all the history there is; its size never grows.

using GruLM.Model;

namespace GruLM;

/// <summary>An exchange of turns with a model. Not thread-safe.</summary>
public sealed class ChatSession : IDisposable
{
    private readonly LanguageModel _model;
    private readonly TextWriterSession _writer;

    internal ChatSession(LanguageModel model, GenerationOptions options)
    {
        _model = model;
        _writer = new TextWriterSession(model, options);
        if (model.Samples == SampleKind.Stream) _writer.Read([model.Opening]);
    }

    /// <summary>Reads text that is part of the chat but nobody's turn, such as a story to be asked about.</summary>
    public void Read(string text) => _writer.Read(_model.Tokenizer.Encode(text));

    /// <summary>Says something and gives the reply as it comes, without the space after the marker. The reply is to be read to its end
    /// before anything else is said; <paramref name="cancel"/> cuts it short.</summary>
    public IEnumerable<string> Say(string message, CancellationToken cancel = default)
    {
        if (_model.Samples == SampleKind.Lines) _writer.Read([_model.Opening]);
        _writer.Read(_model.Tokenizer.Encode(_model.Defaults.Chat.Turn(message)));
        bool begun = false;
        foreach (string piece in _writer.Write(_model.ChatStops, cancel))
        {
            string text = begun ? piece : piece.TrimStart(' ');
            if (text.Length == 0) continue;
            begun = true;
            yield return text;
        }

        // The model has to read what ends a reply too; for a reply that was cut short, the token that would have ended it.
        int ending = _writer.StoppedBy >= 0 ? _writer.StoppedBy : _model.ChatStops.LastOrDefault(-1);
        if (ending >= 0) _writer.Read([ending]);
    }

    /// <summary>Forgets the chat so far.</summary>
    public void Reset()
    {
        _writer.Reset();
        if (_model.Samples == SampleKind.Stream) _writer.Read([_model.Opening]);
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
