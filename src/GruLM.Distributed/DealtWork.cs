// Work that a group does piece by piece: each process does every so many-th piece, and the first one gets the results of all in order, a
// round after the other. What one knows, that it is to stop, has failed or sees other pieces, all know at the end of a round; what comes
// before a failure reaches the first process all the same.

using System.Runtime.ExceptionServices;
using GruLM.Model;

namespace GruLM.Distributed;

/// <summary>Deals out the work of <paramref name="group"/>. See <see cref="RankGroup.Deal"/>.</summary>
internal sealed class DealtWork(RankGroup group)
{
    // What a process tells instead of the length of its result; where it has failed, less the length of what it did before.
    private const double Stopped = -1, Failed = -2;

    // What a process adds to the number of pieces that it saw in a round where it could see no more of them.
    private const double NoMore = 0.5;

    // Of each process: the length of its result, and how many pieces it saw in this round.
    private readonly double[] _told = new double[2 * group.Count];

    private ExceptionDispatchInfo? _failure;

    public IEnumerable<byte[]> Run<T>(IEnumerable<T> pieces, Func<T, byte[]> work, CancellationToken cancel)
    {
        IEnumerator<T> source = pieces.GetEnumerator();
        bool isOver = false;
        try
        {
            while (!isOver)
            {
                byte[] own = Round(source, work, cancel);
                int failed = FirstFailure();
                for (int rank = 0; rank < (failed < 0 ? (int)Seen(0) : failed + 1); rank++)
                {
                    double told = Told(rank);
                    byte[]? result = group.ToFirst(rank, own, (long)(told <= Failed ? Failed - told : told));
                    if (result is not null && told != Failed) yield return result;
                }

                // Nobody is gone before all have what comes before, neither at the end nor after a failure.
                isOver = failed < 0 && Seen(0) < group.Count;
                if (isOver || failed >= 0) group.AwaitFirst();
                if (failed >= 0) End(failed);
            }

            if (_failure is not null) End(group.Rank);
        }
        finally
        {
            source.Dispose();

            // Whoever reads the results wants no more of them.
            if (!isOver) group.Fail("ended before all was done");
        }
    }

    private double Told(int rank) => _told[2 * rank];

    private double Seen(int rank) => _told[(2 * rank) + 1];

    // The result of this process's piece of the next round.
    private byte[] Round<T>(IEnumerator<T> source, Func<T, byte[]> work, CancellationToken cancel)
    {
        (byte[] own, _told[2 * group.Rank], _told[(2 * group.Rank) + 1]) = Own(source, work, cancel);
        group.Gather(_told, atEase: true);
        if (Enumerable.Range(0, group.Count).Any(r => Told(r) == Stopped)) throw new OperationCanceledException(cancel);
        int other = Enumerable.Range(1, group.Count - 1).FirstOrDefault(r => Seen(r) != Seen(0));
        if (other == 0) return own;
        int blind = Enumerable.Range(0, group.Count).FirstOrDefault(r => Seen(r) != (int)Seen(r), -1);
        if (blind >= 0) End(blind);
        var error = new InvalidDataException($"{group.Name(other)} does not see what rank 0 does: all must read the same files");
        group.Fail(error.Message);
        throw error;
    }

    private int FirstFailure() => Enumerable.Range(0, group.Count).FirstOrDefault(r => Told(r) <= Failed, -1);

    // The result of this process's piece, what it tells of it, and how many pieces it sees in this round.
    private (byte[] Own, double Told, double Seen) Own<T>(IEnumerator<T> source, Func<T, byte[]> work, CancellationToken cancel)
    {
        int seen = 0;
        double more = 0;
        try
        {
            bool isMine = false;
            T mine = default!;
            for (; seen < group.Count; seen++)
            {
                cancel.ThrowIfCancellationRequested();
                if (!Moves(source)) break;
                if (seen == group.Rank) (mine, isMine) = (source.Current, true);
            }

            if (_failure is not null) more = NoMore;
            byte[] own = isMine ? work(mine) : [];
            return (own, own.Length, seen + more);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ([], Stopped, seen + more);
        }
        catch (PartOfPieceException error)
        {
            _failure = ExceptionDispatchInfo.Capture(error.InnerException!);
            return (error.Done, Failed - error.Done.Length, seen + more);
        }
        catch (Exception error) when (error is not RankFailedException)
        {
            _failure = ExceptionDispatchInfo.Capture(error);
            return ([], Failed, seen + more);
        }
    }

    // The pieces before one that cannot be read are still worked on.
    private bool Moves<T>(IEnumerator<T> source)
    {
        try
        {
            return source.MoveNext();
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            _failure = ExceptionDispatchInfo.Capture(error);
            return false;
        }
    }

    // The failure of a process, which the others hear of from it.
    private void End(int failed)
    {
        if (group.Rank == failed && _failure is not null)
        {
            group.Fail(_failure.SourceException.Message);
            _failure.Throw();
        }

        while (true) group.AwaitFirst();
    }
}
