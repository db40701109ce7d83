// Texts of many callers, written together: whoever asks for one, at whatever time, joins those that are being written, and a loop on the
// thread pool steps all of them for as long as there are any. A reader who is slow is waited for, and holds nobody else up.

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
        AwaitedText text = await Task.Run(() => Begin(prompt, options, cancel), CancellationToken.None).ConfigureAwait(false);
        try
        {
            await foreach (string piece in text.Pieces(cancel).ConfigureAwait(false))
            {
                yield return piece;
                cancel.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await End(text).ConfigureAwait(false);
        }

        cancel.ThrowIfCancellationRequested();
    }

    private AwaitedText Begin(string prompt, GenerationOptions options, CancellationToken cancel)
    {
        TextBatch batch;
        lock (_gate) batch = _batch ??= new TextBatch(model);
        var text = new AwaitedText(model, prompt, options, batch.NewSession(), resumed => Ask(() => batch.Add(resumed)), cancel);
        Ask(() => batch.Add(text.Loop));
        return text;
    }

    private Task End(AwaitedText text)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Ask(() =>
        {
            _batch!.Remove(text.Loop);
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

        ThreadPool.UnsafeQueueUserWorkItem(_ => Work(), null);
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
            any = _batch!.TryStep();
        }
    }
}
