// Asynchronous forms of what is computed piece by piece: each piece is computed on the thread pool, where nobody waits for it, by the same
// loop that the synchronous form runs.

using System.Runtime.CompilerServices;

namespace GruLM;

/// <summary>Enumerates on the thread pool.</summary>
internal static class ThreadPoolEnumeration
{
    /// <summary>What <paramref name="source"/> gives, one after another. A cancelled enumeration throws
    /// <see cref="OperationCanceledException"/> after the piece at work; the source is told too, and may end earlier.</summary>
    public static async IAsyncEnumerable<T> Enumerate<T>(
        Func<CancellationToken, IEnumerable<T>> source, [EnumeratorCancellation] CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        IEnumerator<T> pieces = source(cancel).GetEnumerator();
        try
        {
            while (await Task.Run(pieces.MoveNext, CancellationToken.None).ConfigureAwait(false))
            {
                yield return pieces.Current;
                cancel.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            // What ends a text may have to be read by the model, too.
            await Task.Run(pieces.Dispose, CancellationToken.None).ConfigureAwait(false);
        }

        cancel.ThrowIfCancellationRequested();
    }
}
