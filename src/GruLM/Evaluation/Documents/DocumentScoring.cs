// Many documents scored at once, in the order they were given, while they are being read: what can be waited for without end is read on the
// side, and what has come until then is scored.

using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using GruLM.Corpus;

namespace GruLM;

/// <summary>Tells how likely a model finds documents, each read from a zero state: a model of lines reads it as a line, one of streams as a
/// stream. Safe for several threads; an enumeration that was given out is one thread's own. Memory does not grow with the number of
/// documents.</summary>
public static class DocumentScoring
{
    // How long more documents are waited for before those that have come are scored.
    private const int MillisecondsOfPatience = 5;

    /// <summary>The figures of documents, some hundred thousand tokens at a time.</summary>
    /// <param name="model">The model; it computes in turns.</param>
    /// <param name="documents">The documents, read as figures are asked for, ahead of them.</param>
    /// <param name="cancel">Ends the scoring with an <see cref="OperationCanceledException"/>, after the batch at work.</param>
    /// <exception cref="InvalidDataException">The model's scores are not finite.</exception>
    public static IEnumerable<DocumentScore> Score(
        LanguageModel model, IEnumerable<CorpusDocument> documents, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(documents);
        return Windows(model, documents, cancel).SelectMany(window => window);
    }

    /// <summary>The figures of documents that come when they come, such as those of a pipe: what has come is scored when nothing more comes
    /// for a moment. The computing is done on the thread pool. When reading fails, figures of what came before are given first.</summary>
    /// <param name="model">The model; it computes in turns.</param>
    /// <param name="documents">The documents, read ahead of the figures.</param>
    /// <param name="cancel">Ends the scoring with an <see cref="OperationCanceledException"/>, after the batch at work.</param>
    /// <exception cref="InvalidDataException">The model's scores are not finite.</exception>
    public static IAsyncEnumerable<DocumentScore> ScoreAsync(
        LanguageModel model, IAsyncEnumerable<CorpusDocument> documents, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(documents);
        return WindowsAsync(model, documents, cancel).SelectMany(window => window);
    }

    private static IEnumerable<DocumentScore[]> Windows(
        LanguageModel model, IEnumerable<CorpusDocument> documents, CancellationToken cancel)
    {
        using var window = new DocumentWindow(model);
        foreach (CorpusDocument document in documents)
        {
            cancel.ThrowIfCancellationRequested();
            window.Add(document);
            if (window.IsFull) yield return window.Score(cancel);
        }

        if (!window.IsEmpty) yield return window.Score(cancel);
    }

    private static async IAsyncEnumerable<DocumentScore[]> WindowsAsync(
        LanguageModel model, IAsyncEnumerable<CorpusDocument> documents, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var window = new DocumentWindow(model);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        IAsyncEnumerator<CorpusDocument> source = documents.GetAsyncEnumerator(stop.Token);
        Task<bool>? moving = null;
        try
        {
            ExceptionDispatchInfo? failure = null;
            while (failure is null)
            {
                cancel.ThrowIfCancellationRequested();
                moving = source.MoveNextAsync().AsTask();
                if (!window.IsEmpty && (window.IsFull || !await HasComeAsync(moving).ConfigureAwait(false)))
                {
                    yield return await ScoreAsync(window, cancel).ConfigureAwait(false);
                }

                try
                {
                    if (!await moving.ConfigureAwait(false)) break;
                    window.Add(source.Current);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    failure = ExceptionDispatchInfo.Capture(error);
                }
            }

            if (!window.IsEmpty) yield return await ScoreAsync(window, cancel).ConfigureAwait(false);
            failure?.Throw();
        }
        finally
        {
            await EndAsync(source, moving, stop).ConfigureAwait(false);
        }
    }

    private static Task<DocumentScore[]> ScoreAsync(DocumentWindow window, CancellationToken cancel) =>
        Task.Run(() => window.Score(cancel), cancel);

    private static async ValueTask<bool> HasComeAsync(Task<bool> moving)
    {
        if (!moving.IsCompleted) await Task.WhenAny(moving, Task.Delay(MillisecondsOfPatience)).ConfigureAwait(false);
        return moving.IsCompleted;
    }

    // A source that is still being waited for is told to stop, and then waited for.
    private static async Task EndAsync(IAsyncEnumerator<CorpusDocument> source, Task<bool>? moving, CancellationTokenSource stop)
    {
        await stop.CancelAsync().ConfigureAwait(false);
        if (moving is not null) await ((Task)moving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await source.DisposeAsync().ConfigureAwait(false);
    }
}
