// Work whose code is written once, generic over the vector width. KernelDispatch runs it with the width of a kernel path.

namespace GruLM.Kernels;

/// <summary>Something done once on the calling thread, for any vector width.</summary>
/// <typeparam name="TResult">What comes out.</typeparam>
internal interface ISimdWork<out TResult>
{
    /// <summary>Does it with vectors <typeparamref name="V"/> and the operations <typeparamref name="S"/>.</summary>
    TResult Run<S, V>()
        where S : struct, ISimd<V>
        where V : unmanaged;
}
