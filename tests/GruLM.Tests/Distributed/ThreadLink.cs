// A group of processes without processes: each rank is a thread of the test, and the link between them is memory. It does what MpiLink
// promises, sums in the order of ranks included, so that everything above it is tested where no MPI is.

using GruLM.Distributed;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Distributed;

/// <summary>One rank's end of a link between threads.</summary>
internal sealed unsafe class ThreadLink : IRankLink
{
    private readonly Table _table;

    private ThreadLink(Table table, int rank) => (_table, Rank) = (table, rank);

    public int Rank { get; }

    public int Count => _table.Places.Length;

    public IReadOnlyList<string> Hosts { get; set; } = [];

    public bool HasFailed { get; private set; }

    /// <summary>Runs <paramref name="work"/> on so many ranks at once, and returns what each came to. Throws what the first of those that
    /// failed by themselves threw.</summary>
    public static T[] Run<T>(int count, Func<RankGroup, T> work)
    {
        using var table = new Table(count);
        var results = new T[count];
        var errors = new Exception?[count];
        var threads = Enumerable.Range(0, count).Select(rank => new Thread(() =>
        {
            RankGroup? group = null;
            try
            {
                group = new RankGroup(new ThreadLink(table, rank));
                results[rank] = work(group);
            }
            catch (Exception error)
            {
                errors[rank] = error;
                if (error is not RankFailedException) group?.Fail(error.Message);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Exception? own = errors.FirstOrDefault(error => error is not null and not RankFailedException);
        if (own is not null) throw new InvalidOperationException(own.Message, own);
        return results;
    }

    public ITransfer BeginShare(void* all, long[] starts, bool toFirst = false)
    {
        _table.Places[Rank] = (nint)all;
        Meet();
        for (int r = 0; r < Count; r++)
        {
            long length = starts[r + 1] - starts[r];
            if (r == Rank || (toFirst && Rank > 0)) continue;
            Buffer.MemoryCopy((byte*)_table.Places[r] + starts[r], (byte*)all + starts[r], length, length);
        }

        Meet();
        return Done.Instance;
    }

    public ITransfer BeginSum(float* values, long length, bool isBf16)
    {
        if (isBf16) Round(values, length);
        _table.Places[Rank] = (nint)values;
        Meet();
        float[] sums = new float[length];
        for (int r = 0; r < Count; r++)
        {
            float* others = (float*)_table.Places[r];
            for (long i = 0; i < length; i++) sums[i] = r == 0 ? others[i] : sums[i] + others[i];
        }

        Meet();
        sums.CopyTo(new Span<float>(values, (int)length));
        if (isBf16) Round(values, length);
        return Done.Instance;
    }

    public void Fail(string reason)
    {
        HasFailed = true;
        _table.Failure ??= reason;
        _table.Failed.Cancel();
    }

    public void Dispose()
    {
    }

    private static void Round(float* values, long length)
    {
        for (long i = 0; i < length; i++) values[i] = Bf16.ToSingle(Bf16.Round(values[i]));
    }

    private void Meet()
    {
        try
        {
            _table.Barrier.SignalAndWait(_table.Failed.Token);
        }
        catch (OperationCanceledException)
        {
            throw new RankFailedException(_table.Failure!);
        }
    }

    private sealed class Table(int count) : IDisposable
    {
        public nint[] Places { get; } = new nint[count];

        public Barrier Barrier { get; } = new(count);

        public CancellationTokenSource Failed { get; } = new();

        public string? Failure { get; set; }

        public void Dispose()
        {
            Barrier.Dispose();
            Failed.Dispose();
        }
    }

    private sealed class Done : ITransfer
    {
        public static Done Instance { get; } = new();

        public void Wait(bool atEase = false)
        {
        }
    }
}
