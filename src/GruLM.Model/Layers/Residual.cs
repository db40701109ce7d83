// Sums of two buffers: residual connections, forward (states plus what the layer was handed) and backward (both paths' gradients).

using System.Numerics;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Residual connections.</summary>
internal static unsafe class Residual
{
    /// <summary>y = a + b over <paramref name="length"/> elements, a multiple of 16; y may be one of them.</summary>
    public static void Add(Compute compute, float* a, float* b, float* y, long length)
    {
        var job = new AddJob { A = a, B = b, Y = y, Length = length };
        compute.Team.Run(ref job, (int)((length + AddJob.Block - 1) / AddJob.Block));
    }

    private struct AddJob : IParallelJob
    {
        public const int Block = 1 << 14;
        public float* A, B, Y;
        public long Length;

        public readonly void Execute(int item, int thread)
        {
            long end = Math.Min(Length, (item + 1L) * Block);
            for (long i = (long)item * Block; i < end; i += Vector<float>.Count) (Vector.Load(A + i) + Vector.Load(B + i)).Store(Y + i);
        }
    }
}
