// A text in a batch whose pieces somebody waits for, on another thread. It goes no further ahead of its reader than some pieces.

using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace GruLM;

/// <summary>A text that a <see cref="TextBatcher"/> writes. What is not said to be safe for its reader is the batcher's to use.</summary>
internal sealed class AwaitedText : IDisposable
{
    // How many pieces are written ahead of the reader.
    private const int MostAhead = 256;

    private readonly TextWriterSession _writer;
    private readonly Channel<string> _pieces = Channel.CreateUnbounded<string>(new() { SingleReader = true, SingleWriter = true });
    private readonly Action<BatchedText> _resume;
    private int _ahead;

    /// <summary>Begins a text behind a prompt, which the batch will read. <paramref name="resume"/> is called by the reader when it has
    /// caught up with a text that was paused.</summary>
    public AwaitedText(
        LanguageModel model, string prompt, GenerationOptions options, BatchedSession session, Action<BatchedText> resume,
        CancellationToken cancel)
    {
        _resume = resume;
        _writer = new TextWriterSession(model, options, session);
        try
        {
            _writer.Read(model.PromptIds(prompt), cancel);
            Loop = new BatchedText(session, _writer.Steps(model.Ids.Stops, cancel), Take) { Ended = End };
        }
        catch
        {
            _writer.Dispose();
            throw;
        }
    }

    /// <summary>The loop that writes it.</summary>
    public BatchedText Loop { get; }

    /// <summary>The text as it comes, for one reader.</summary>
    public async IAsyncEnumerable<string> Pieces([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (string piece in _pieces.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
        {
            if (Interlocked.Decrement(ref _ahead) == MostAhead - 1) _resume(Loop);
            yield return piece;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Loop.Dispose();
        _writer.Dispose();
    }

    // False where the reader is to come nearer first.
    private bool Take(string piece)
    {
        bool goesOn = Interlocked.Increment(ref _ahead) < MostAhead;
        _pieces.Writer.TryWrite(piece);
        return goesOn;
    }

    private void End(Exception? failure) => _pieces.Writer.TryComplete(failure);
}
