// A chat: turns in the template's markers over one carried state. The state is all the history there is; its size never grows.

using GruLM.Model;

namespace GruLM;

/// <summary>An exchange of turns with a model.</summary>
public sealed class ChatSession : IDisposable
{
    private readonly LanguageModel model;
    private readonly TextWriterSession writer;

    internal ChatSession(LanguageModel model, GenerationOptions options)
    {
        this.model = model;
        writer = new TextWriterSession(model, options);
        if (model.Samples == SampleKind.Stream) writer.Read([model.Opening]);
    }

    /// <summary>Reads text that is part of the talk but nobody's turn, such as a story to be asked about.</summary>
    public void Read(string text) => writer.Read(model.Tokenizer.Encode(text));

    /// <summary>Says something and gives the reply as it comes, without the space after the marker.</summary>
    public IEnumerable<string> Say(string said, CancellationToken cancel = default)
    {
        if (model.Samples == SampleKind.Lines) writer.Read([model.Opening]);
        writer.Read(model.Tokenizer.Encode(model.Defaults.Chat.Turn(said)));
        bool begun = false;
        foreach (string piece in writer.Write(model.ChatStops, cancel))
        {
            string text = begun ? piece : piece.TrimStart(' ');
            if (text.Length == 0) continue;
            begun = true;
            yield return text;
        }

        // What ends a reply is part of the text; a reply that was cut short gets the ending that it did not come to.
        int ending = writer.StoppedBy >= 0 ? writer.StoppedBy : model.ChatStops.LastOrDefault(-1);
        if (ending >= 0) writer.Read([ending]);
    }

    /// <summary>Forgets the chat so far.</summary>
    public void Reset()
    {
        writer.Reset();
        if (model.Samples == SampleKind.Stream) writer.Read([model.Opening]);
    }

    /// <inheritdoc/>
    public void Dispose() => writer.Dispose();
}
