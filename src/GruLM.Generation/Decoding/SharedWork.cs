// Pieces of work that are shared out over a team of threads.

using GruLM.Kernels;

namespace GruLM.Generation;

/// <summary>What <see cref="IDecoder.Share"/> hands to a team of threads.</summary>
internal readonly struct SharedWork(Action<int> work) : IParallelJob
{
    /// <inheritdoc/>
    public void Execute(int item, int thread) => work(item);

    /// <summary>Does all pieces.</summary>
    public static void Run(ThreadTeam team, int count, Action<int> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var job = new SharedWork(work);
        team.Run(ref job, count);
    }
}
