// The sum of squares of a buffer, for the norm of all gradients: in single precision inside chunks of fixed size, so that it does not
// depend on the threads.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>The sums of squares of the chunks of a buffer.</summary>
internal unsafe struct SquareSum<S, V> : IParallelJob
    where S : struct, ISimd<V>
    where V : unmanaged
{
    /// <summary>Elements of a chunk.</summary>
    public const int Chunk = 1 << 14;

    public float* Source;
    public double* Partial;
    public long Length;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Execute(int item, int thread)
    {
        long start = (long)item * Chunk, end = Math.Min(Length, start + Chunk);
        V s0 = S.Zero, s1 = S.Zero;
        double sum = 0;
        long i = start;
        for (; i + (2 * S.Width) <= end; i += 2 * S.Width)
        {
            V x = S.Load(Source + i), y = S.Load(Source + i + S.Width);
            s0 = S.MultiplyAdd(x, x, s0);
            s1 = S.MultiplyAdd(y, y, s1);
        }

        for (; i < end; i++) sum += (double)Source[i] * Source[i];
        Partial[item] = sum + S.Sum(S.Add(s0, s1));
    }
}
