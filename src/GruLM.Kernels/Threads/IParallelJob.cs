// Work that a team of threads shares: items with numbers, each done by one thread.

namespace GruLM.Kernels;

/// <summary>A parallel region's body. Items must be independent; which thread runs an item is not defined.</summary>
internal interface IParallelJob
{
    /// <summary>Does item <paramref name="item"/> on thread <paramref name="thread"/> (0 is the caller).</summary>
    void Execute(int item, int thread);
}
