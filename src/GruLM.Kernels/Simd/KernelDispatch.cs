// From a kernel path, which is known at run time, to the vector width that generic code is compiled for: the one switch over the paths.
// The JIT and the AOT compiler specialise everything behind it, so that it costs one comparison a call.

using System.Runtime.Intrinsics;

namespace GruLM.Kernels;

/// <summary>Runs generic code with the vectors of a kernel path. Thread-safe: it has no state.</summary>
internal static class KernelDispatch
{
    /// <summary>Runs <paramref name="work"/> on the calling thread with the vectors of <paramref name="path"/>, which this machine must
    /// have.</summary>
    public static TResult Run<TWork, TResult>(KernelPath path, TWork work)
        where TWork : struct, ISimdWork<TResult> => path switch
        {
            KernelPath.Vector512 => work.Run<Simd512, Vector512<float>>(),
            KernelPath.Vector256 => work.Run<Simd256, Vector256<float>>(),
            KernelPath.Vector128 => work.Run<Simd128, Vector128<float>>(),
            _ => work.Run<Simd1, float>(),
        };

    /// <summary>Runs items 0 … <paramref name="items"/> − 1 of <paramref name="job"/> with the vectors and the threads of
    /// <paramref name="compute"/>, and returns when all are done.</summary>
    public static void Run<TJob>(Compute compute, TJob job, int items)
        where TJob : struct, ISimdJob =>
        Run<TeamWork<TJob>, int>(compute.Path, new TeamWork<TJob>(compute.Team, job, items));

    private readonly struct TeamWork<TJob>(ThreadTeam team, TJob job, int items) : ISimdWork<int>
        where TJob : struct, ISimdJob
    {
        public int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            var onPath = new JobOnPath<TJob, S, V> { Job = job };
            team.Run(ref onPath, items);
            return items;
        }
    }

    // Not readonly: a call on a readonly field would copy the job for every item.
    private struct JobOnPath<TJob, S, V> : IParallelJob
        where TJob : struct, ISimdJob
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        public TJob Job;

        public void Execute(int item, int thread) => Job.Execute<S, V>(item, thread);
    }
}
