// How the panels of recurrent weights are shared out over threads, and how deep a slice of them is worked on at a time.

namespace GruLM.Model;

/// <summary>What forward and backward steps have in common.</summary>
internal static class StepPanels
{
    /// <summary>A slice of a panel this deep stays in the second-level cache, beside the next one, while the lanes pass over it.</summary>
    public const int DepthSlice = 512;

    /// <summary>The panel of item <paramref name="index"/>. Threads that take items in turn have panels of their own, side by side: a cache
    /// line that two narrow panels share is then not written by two threads at once.</summary>
    public static int PanelOf(int index, int panels, int threads)
    {
        int thread = index % threads;
        return (thread * (panels / threads)) + Math.Min(thread, panels % threads) + (index / threads);
    }
}
