// Texts of many callers, written together: whoever asks for one, at whatever time, joins those that are being written, and a thread
// steps all of them for as long as there are any. A reader who is slow is waited for, and holds nobody else up.

using System.Runtime.CompilerServices;

namespace GruLM;

/// <summary>Writes the texts of one model for its asynchronous callers. Safe for several threads.</summary>
internal sealed class TextBatcher(LanguageModel model)
{
    private readonly Lock _gate = new();

    // What is to be done between two steps.
    private readonly Queue<Action> _wishes = [];
    private TextBatch? _batch;
    private bool _isAtWork;

    /// <summary>A text behind <paramref name="prompt"/>, as it comes; the options are valid. Cancelled, it throws
    /// <see cref="OperationCanceledException"/> after the token at work.</summary>
    public async IAsyncEnumerable<string> Write(
        string prompt, GenerationOptions options, [EnumeratorCancellation] CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        int[] ids = await Task.Run(() => model.WholePrompt(prompt, cancel), cancel).ConfigureAwait(false);
        var order = new TextOrder { Options = options, Read = [ids], Stops = model.Ids.Stops };
        await foreach (TextPart part in Write(order, cancel).ConfigureAwait(false))
        {
            if (part.Text.Length > 0) yield return part.Text;
        }
    }

    /// <summary>The text of an order as it comes, the last part with its end. Cancelled, it throws as the other form does.</summary>
    public async IAsyncEnumerable<TextPart> Write(TextOrder order, [EnumeratorCancellation] CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, order.Hurry);
        var text = new AwaitedText(model, order, resumed => Ask(() => Batch.Add(resumed.Loop!)), stop.Token);
        Ask(() =>
        {
            text.Begin(() => Batch);
            if (text.Loop is not null) Batch.Add(text.Loop);
        });
        try
        {
            await foreach (TextPart part in text.Parts(cancel).ConfigureAwait(false))
            {
                yield return part;
                cancel.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            if (!text.IsOver) await End(text).ConfigureAwait(false);
        }

        cancel.ThrowIfCancellationRequested();
    }

    // The batch of the thread at work.
    private TextBatch Batch => _batch ??= new TextBatch(model);

    private Task End(AwaitedText text)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Ask(() =>
        {
            if (text.Loop is not null) Batch.Remove(text.Loop);
            text.Dispose();
            done.SetResult();
        });
        return done.Task;
    }

    private void Ask(Action wish)
    {
        lock (_gate)
        {
            _wishes.Enqueue(wish);
            if (_isAtWork) return;
            _isAtWork = true;
        }

        // A thread of its own, as long as there is work: on the pool's threads the readers go on, each in its turn.
        new Thread(Work) { IsBackground = true, Name = "GruLM texts" }.UnsafeStart();
    }

    // Steps until there is nothing to be done, or all texts wait for their readers.
    private void Work()
    {
        bool any = true;
        while (true)
        {
            Action[] wishes;
            lock (_gate)
            {
                wishes = [.. _wishes];
                _wishes.Clear();
                _isAtWork = any || wishes.Length > 0;
                if (!_isAtWork) return;
            }

            foreach (Action wish in wishes) wish();
            any = _batch is not null && _batch.TryStep();
        }
    }
}
