// Work that a group does piece by piece: each process does every so many-th piece, and the first one gets the results of all in order, a
// round after the other. What one knows, that it is to stop or that it sees other pieces, all know at the end of a round.

using GruLM.Model;

namespace GruLM.Distributed;

/// <summary>Deals out the work of <paramref name="group"/>. See <see cref="RankGroup.Deal"/>.</summary>
internal sealed class DealtWork(RankGroup group)
{
    // In the place of the length of a result.
    private const double Stopped = -1;

    // Of each process: the length of its result, and how many pieces it saw in this round.
    private readonly double[] _told = new double[2 * group.Count];

    public IEnumerable<byte[]> Run<T>(IEnumerable<T> pieces, Func<T, byte[]> work, CancellationToken cancel)
    {
        IEnumerator<T> source = pieces.GetEnumerator();
        bool isOver = false;
        try
        {
            while (!isOver)
            {
                byte[][] results = Round(source, work, cancel, out isOver);
                foreach (byte[] result in results) yield return result;
            }
        }
        finally
        {
            source.Dispose();

            // Whoever reads the results wants no more of them.
            if (!isOver) group.Fail("ended before all was done");
        }
    }

    private byte[][] Round<T>(IEnumerator<T> source, Func<T, byte[]> work, CancellationToken cancel, out bool isOver)
    {
        isOver = true;
        try
        {
            (byte[] own, double told, int dealt) = Own(source, work, cancel);
            (_told[2 * group.Rank], _told[(2 * group.Rank) + 1]) = (told, dealt);
            group.Gather(_told);
            double[] lengths = [.. _told.Where((_, i) => i % 2 == 0)];
            if (lengths.Contains(Stopped)) throw new OperationCanceledException(cancel);
            int other = Enumerable.Range(0, group.Count).FirstOrDefault(r => (int)_told[(2 * r) + 1] != (int)_told[1], -1);
            if (other > 0)
            {
                throw new InvalidDataException(
                    $"rank {other} of {group.Count} (on {group.Hosts[other]}) does not see what rank 0 does: all must read the same files");
            }

            isOver = dealt < group.Count;
            return [.. group.Collect(own, lengths).Take(dealt)];
        }
        catch (Exception error) when (error is not RankFailedException and not OperationCanceledException)
        {
            group.Fail(error.Message);
            throw;
        }
    }

    // The result of this process's piece of the next round, its length, and how many pieces the round has.
    private (byte[] Own, double Told, int Dealt) Own<T>(IEnumerator<T> source, Func<T, byte[]> work, CancellationToken cancel)
    {
        try
        {
            byte[] own = [];
            bool isMine = false;
            T mine = default!;
            int dealt = 0;
            for (; dealt < group.Count && source.MoveNext(); dealt++)
            {
                cancel.ThrowIfCancellationRequested();
                if (dealt == group.Rank) (mine, isMine) = (source.Current, true);
            }

            if (isMine) own = work(mine);
            return (own, own.Length, dealt);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ([], Stopped, 0);
        }
    }
}
