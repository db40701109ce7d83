// Sums of two buffers: residual connections, forward (states plus what the layer was handed) and backward (both paths' gradients).

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Residual connections.</summary>
internal static unsafe class Residual
{
    /// <summary>y = a + b over <paramref name="length"/> elements, a multiple of 16; y may be one of them.</summary>
    public static void Add(Compute compute, float* a, float* b, float* y, long length)
    {
        var job = new AddJob { A = a, B = b, Y = y, Length = length };
        KernelDispatch.Run(compute, job, (int)((length + AddJob.Block - 1) / AddJob.Block));
    }

    private struct AddJob : ISimdJob
    {
        public const int Block = 1 << 14;
        public float* A, B, Y;
        public long Length;

        public readonly void Execute<S, V>(int item, int thread)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            long end = Math.Min(Length, (item + 1L) * Block);
            for (long i = (long)item * Block; i < end; i += S.Width) S.Store(Y + i, S.Add(S.Load(A + i), S.Load(B + i)));
        }
    }
}
