// Matrix times vector, for reading weights once: a token of decoding. Four rows at a time share the loads of the vector.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Some rows of y[rows] = W[rows, columns] · x.</summary>
internal unsafe struct MatrixVector<S, V> : IParallelJob
    where S : struct, ISimd<V>
    where V : unmanaged
{
    private const int RowsAhead = 4;

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
                if (Sse.IsSupported)
                {
                    // Rows are too short for the processor to see by itself what comes next.
                    Sse.Prefetch0(w0 + (RowsAhead * Stride) + j);
                    Sse.Prefetch0(w1 + (RowsAhead * Stride) + j);
                    Sse.Prefetch0(w2 + (RowsAhead * Stride) + j);
                    Sse.Prefetch0(w3 + (RowsAhead * Stride) + j);
                }

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
