// A persistent team of threads for short parallel regions. Items are claimed one by one, so uneven cores do not
// wait for each other; waiting threads spin briefly, then park, so an idle program burns nothing.
// Leaves out on purpose: nesting, cancellation and work stealing. A region costs no allocation.

using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace GruLM.Kernels;

/// <summary>A fixed number of threads that run parallel regions together with the caller. One region at a time.</summary>
internal sealed unsafe class ThreadTeam : IDisposable
{
    /// <summary>The most threads of a team: more than any machine has processors, few enough that the system can start them.</summary>
    public const int MostThreads = 1024;

    // A fraction of a millisecond: longer than the gap between two time steps, shorter than anyone would notice as load.
    private const int SpinRounds = 10_000;

    private readonly Thread[] _workers;
    private readonly object _gate = new();
    private readonly object _regionLock = new();

    // Upper half: the region's number. Lower half: how many items are still unclaimed. One word, so that a late thread
    // can never claim an item of a region that has ended: its count is zero for good.
    private long _claim;
    private int _completed;
    private int _parked;
    private int _itemCount;
    private void* _context;
    private delegate*<void*, int, int, void> _body;
    private Exception? _failure;
    private volatile bool _stopping;

    /// <summary>A team of <paramref name="threads"/> threads in all, the caller included. 0 means one per processor.</summary>
    public ThreadTeam(int threads = 0)
    {
        if (threads is < 0 or > MostThreads)
        {
            throw new ArgumentOutOfRangeException(nameof(threads), $"'Threads' is {threads}; it must be from 0 (all) to {MostThreads}");
        }

        Count = threads == 0 ? Processors : threads;
        _workers = new Thread[Count - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            int index = i + 1;
            _workers[i] = new Thread(() => Work(index)) { IsBackground = true, Name = $"GruLM team {index}" };
            _workers[i].Start();
        }
    }

    /// <summary>As many threads as a team has that is not told how many: one for each processor.</summary>
    public static int Processors => Math.Min(Environment.ProcessorCount, 256);

    /// <summary>Number of threads, the caller included.</summary>
    public int Count { get; }

    /// <summary>Runs items 0 … <paramref name="items"/> − 1 and returns when all are done. <paramref name="job"/> must be a local that no
    /// lambda captures: its address is shared. Rethrows the first exception of an item. Throws <see cref="ObjectDisposedException"/> when
    /// the team was stopped.</summary>
    public void Run<TJob>(ref TJob job, int items)
        where TJob : struct, IParallelJob
    {
        ObjectDisposedException.ThrowIf(_stopping, this);
        if (items <= 0) return;
        if (_workers.Length == 0 || items == 1)
        {
            for (int i = 0; i < items; i++) job.Execute(i, 0);
            return;
        }

        lock (_regionLock)
        {
            // The job lives on the caller's stack for the whole region, so its address is stable.
            _context = Unsafe.AsPointer(ref job);
            _body = &Invoke<TJob>;
            _itemCount = items;
            _completed = 0;
            _failure = null;
            long region = (Volatile.Read(ref _claim) >> 32) + 1;
            Volatile.Write(ref _claim, (region << 32) | (uint)items);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _parked) > 0)
            {
                lock (_gate) Monitor.PulseAll(_gate);
            }

            TakeItems(0);
            int spin = 0;
            while (Volatile.Read(ref _completed) != items)
            {
                // A worker that was taken off its core in the middle of an item deserves the core more than this loop does.
                if (++spin > SpinRounds) Thread.Yield();
                else Thread.SpinWait(1);
            }

            if (_failure is { } error) ExceptionDispatchInfo.Throw(error);
        }
    }

    /// <summary>Stops the team's threads.</summary>
    public void Dispose()
    {
        _stopping = true;
        lock (_gate) Monitor.PulseAll(_gate);
        foreach (Thread worker in _workers) worker.Join();
    }

    private static void Invoke<TJob>(void* context, int item, int thread)
        where TJob : struct, IParallelJob => Unsafe.AsRef<TJob>(context).Execute(item, thread);

    private void Work(int thread)
    {
        long seen = 0;
        while (true)
        {
            for (int round = 0; Volatile.Read(ref _claim) >> 32 == seen && !_stopping; round++)
            {
                if (round < SpinRounds) Thread.SpinWait(1);
                else Park(seen);
            }

            if (_stopping) return;
            seen = TakeItems(thread);
        }
    }

    private void Park(long seen)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _parked);
            while (Volatile.Read(ref _claim) >> 32 == seen && !_stopping) Monitor.Wait(_gate);
            Interlocked.Decrement(ref _parked);
        }
    }

    // Claims and runs items of the current region until none is left; returns the region's number.
    private long TakeItems(int thread)
    {
        while (true)
        {
            long ticket = Volatile.Read(ref _claim);
            int unclaimed = (int)(uint)ticket;
            if (unclaimed == 0) return ticket >> 32;

            // Read before the claim: a region with an unclaimed item cannot end, so if the claim succeeds these are its own.
            void* jobContext = _context;
            delegate*<void*, int, int, void> jobBody = _body;
            int item = _itemCount - unclaimed;
            if (Interlocked.CompareExchange(ref _claim, ticket - 1, ticket) != ticket) continue;
            try
            {
                jobBody(jobContext, item, thread);
            }
            catch (Exception error)
            {
                // Rethrown by Run: an item's exception must not end the process from a worker thread.
                Interlocked.CompareExchange(ref _failure, error, null);
            }

            Interlocked.Increment(ref _completed);
        }
    }
}
