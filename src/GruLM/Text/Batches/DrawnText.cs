// One of several texts behind a prompt: its writer, and what it has written.

using System.Text;

namespace GruLM;

/// <summary>A text that is written in a batch from its beginning to its end.</summary>
internal sealed class DrawnText : IDisposable
{
    private readonly TextWriterSession _writer;
    private readonly BatchedText _loop;
    private readonly StringBuilder _text = new();

    /// <summary>Begins behind <paramref name="start"/> and one token more, which is read together with those of the others.</summary>
    public DrawnText(
        LanguageModel model, GenerationOptions options, TextBatch batch, WriterState start, int last, CancellationToken cancel)
    {
        BatchedSession session = batch.NewSession();
        _writer = new TextWriterSession(model, options, session);
        _writer.Restore(start);
        _writer.Read([last], CancellationToken.None);
        _loop = new BatchedText(session, Steps(model.Ids.Stops, cancel), Take);
        batch.Add(_loop);
    }

    /// <summary>Whether the text has ended.</summary>
    public bool IsDone { get; private set; }

    /// <summary>The text, once it has ended.</summary>
    public Completion Completion => new(_text.ToString(), _writer.FinishReason, _writer.TokensWritten) { Choices = [.. _writer.Choices] };

    /// <inheritdoc/>
    public void Dispose()
    {
        _loop.Dispose();
        _writer.Dispose();
    }

    private IEnumerable<string?> Steps(int[] stops, CancellationToken cancel)
    {
        foreach (string? text in _writer.Steps(stops, cancel)) yield return text;
        IsDone = true;
    }

    private bool Take(string text)
    {
        _text.Append(text);
        return true;
    }
}
