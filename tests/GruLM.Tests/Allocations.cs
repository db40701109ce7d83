// What a piece of work allocates on its thread. While the collector is at work in the background, what was left of the eight kilobytes that
// the runtime had handed to the thread is now and then counted too. Work that allocates by itself does so again, so it is measured again.

namespace GruLM.Tests;

/// <summary>Counts what is allocated.</summary>
internal static class Allocations
{
    private const int Handed = 8192, MostTries = 20;

    /// <summary>Bytes that <paramref name="work"/> allocates each time; as many as the first time where they are more than may have been
    /// left.</summary>
    public static long Of(Action work)
    {
        for (int tries = 1; ; tries++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated is 0 or >= Handed || tries == MostTries) return allocated;
        }
    }
}
