// Work in numbered items that a team of threads shares, generic over the vector width: IParallelJob for every width at once.

namespace GruLM.Kernels;

/// <summary>Items with numbers, each done by one thread, for any vector width.</summary>
internal interface ISimdJob
{
    /// <summary>Does item <paramref name="item"/> on thread <paramref name="thread"/>; called from several threads at once.</summary>
    void Execute<S, V>(int item, int thread)
        where S : struct, ISimd<V>
        where V : unmanaged;
}
