// A text in a batch whose parts somebody waits for, on another thread. It goes no further ahead of its reader than some parts.

using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace GruLM;

/// <summary>A text that a <see cref="TextBatcher"/> writes. What is not said to be safe for its reader is the batcher's to use.</summary>
/// <param name="model">The model.</param>
/// <param name="order">What is to be written.</param>
/// <param name="resume">Is called by the reader when it has caught up with a text that was paused.</param>
/// <param name="cancel">Ends the text quietly.</param>
internal sealed class AwaitedText(LanguageModel model, TextOrder order, Action<AwaitedText> resume, CancellationToken cancel) : IDisposable
{
    // How many parts are written ahead of the reader.
    private const int MostAhead = 256;

    private readonly Channel<TextPart> _parts = Channel.CreateUnbounded<TextPart>(new() { SingleReader = true, SingleWriter = true });
    private OrderedText? _text;
    private int _ahead;

    /// <summary>The loop that writes it; null before it begins.</summary>
    public BatchedText? Loop { get; private set; }

    /// <summary>Whether it has ended, and was disposed then: nothing of it is left in the batch. Safe for its reader once there are no more
    /// parts.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Begins; what fails is told to the reader.</summary>
    public void Begin(Func<TextBatch> batch)
    {
        try
        {
            _text = new OrderedText(model, order, batch());
            Loop = new BatchedText(_text.Session, _text.Steps(cancel), Take) { Ended = End };
        }
        catch (Exception error)
        {
            _parts.Writer.TryComplete(error);
        }
    }

    /// <summary>The text as it comes, for one reader.</summary>
    public async IAsyncEnumerable<TextPart> Parts([EnumeratorCancellation] CancellationToken wait)
    {
        while (await _parts.Reader.WaitToReadAsync(wait).ConfigureAwait(false))
        {
            while (_parts.Reader.TryRead(out TextPart part))
            {
                if (Interlocked.Decrement(ref _ahead) == MostAhead - 1) resume(this);
                yield return part;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Loop?.Dispose();
        _text?.Dispose();
    }

    // False where the reader is to come nearer first.
    private bool Take(string piece)
    {
        bool goesOn = Interlocked.Increment(ref _ahead) < MostAhead;
        _parts.Writer.TryWrite(new TextPart(piece, _text!.NewChoices(), null));
        return goesOn;
    }

    private void End(Exception? failure)
    {
        if (failure is null) _parts.Writer.TryWrite(new TextPart("", _text!.NewChoices(), _text.End()));
        Dispose();
        IsOver = true;
        _parts.Writer.TryComplete(failure);
    }
}
