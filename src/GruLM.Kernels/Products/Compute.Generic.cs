// The operations of Compute for one vector width, without matrix products (Compute.Products.cs) and packing
// (Compute.Packing.cs): matrix times vector and reductions.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary><see cref="Compute"/> for the vector width <typeparamref name="S"/>.</summary>
public sealed unsafe partial class Compute<S, V> : Compute
    where S : struct, ISimd<V>
    where V : unmanaged
{
    private const int NormChunk = 1 << 14;

    internal Compute(KernelPath path, ThreadTeam team)
        : base(path, team)
    {
    }

    /// <inheritdoc/>
    public override int Width => S.Width;

    /// <inheritdoc/>
    public override void MultiplyVector(float* weights, nint stride, int rows, int columns, float* x, float* y)
    {
        // Below this an extra thread costs more than it brings.
        const int FloatsAnItem = 1 << 14;
        int block = Math.Max(4, Math.Min(rows, (FloatsAnItem / Math.Max(columns, 1)) & ~3));
        var job = new VectorJob { Weights = weights, Stride = stride, Rows = rows, Columns = columns, X = x, Y = y, Block = block };
        Team.Run(ref job, (rows + block - 1) / block);
    }

    /// <inheritdoc/>
    public override double SumOfSquares(float* source, long length)
    {
        int chunks = (int)((length + NormChunk - 1) / NormChunk);
        double* partial = (double*)Scratch(2L * chunks);
        var job = new SquaresJob { Source = source, Length = length, Partial = partial };
        Team.Run(ref job, chunks);
        double sum = 0;
        for (int i = 0; i < chunks; i++) sum += partial[i];
        return sum;
    }

    private struct VectorJob : IParallelJob
    {
        public float* Weights, X, Y;
        public nint Stride;
        public int Rows, Columns, Block;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            int end = Math.Min(Rows, (item + 1) * Block);
            int row = item * Block;
            for (; row + 4 <= end; row += 4)
            {
                float* w0 = Weights + (row * Stride);
                float* w1 = w0 + Stride;
                float* w2 = w1 + Stride;
                float* w3 = w2 + Stride;
                V s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero;
                int j = 0;
                for (; j + S.Width <= Columns; j += S.Width)
                {
                    V x = S.Load(X + j);
                    s0 = S.MultiplyAdd(x, S.Load(w0 + j), s0);
                    s1 = S.MultiplyAdd(x, S.Load(w1 + j), s1);
                    s2 = S.MultiplyAdd(x, S.Load(w2 + j), s2);
                    s3 = S.MultiplyAdd(x, S.Load(w3 + j), s3);
                }

                float t0 = S.Sum(s0), t1 = S.Sum(s1), t2 = S.Sum(s2), t3 = S.Sum(s3);
                for (; j < Columns; j++)
                {
                    t0 += X[j] * w0[j];
                    t1 += X[j] * w1[j];
                    t2 += X[j] * w2[j];
                    t3 += X[j] * w3[j];
                }

                Y[row] = t0;
                Y[row + 1] = t1;
                Y[row + 2] = t2;
                Y[row + 3] = t3;
            }

            for (; row < end; row++)
            {
                float* w = Weights + (row * Stride);
                V s = S.Zero;
                int j = 0;
                for (; j + S.Width <= Columns; j += S.Width) s = S.MultiplyAdd(S.Load(X + j), S.Load(w + j), s);
                float t = S.Sum(s);
                for (; j < Columns; j++) t += X[j] * w[j];
                Y[row] = t;
            }
        }
    }

    private struct SquaresJob : IParallelJob
    {
        public float* Source;
        public double* Partial;
        public long Length;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            long start = (long)item * NormChunk, end = Math.Min(Length, start + NormChunk);
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
}
