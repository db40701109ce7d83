// What a piece of work allocates on its thread. While a collector is at work in the background, what was left of the eight kilobytes that
// the runtime had handed to the thread is now and then counted too; so the tests run without one (ConcurrentGarbageCollection).

namespace GruLM.Tests;

/// <summary>Counts what is allocated.</summary>
internal static class Allocations
{
    /// <summary>Bytes that <paramref name="work"/> allocates.</summary>
    public static long Of(Action work)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        work();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
