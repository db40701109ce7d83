// Matrix times vector, for reading weights once: a token of decoding. It is bound by the way from memory, and so reads as processors fetch
// ahead by themselves: four rows that lie far apart, each a stream of its own that goes on where it stopped, share the loads of the vector.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>Some rows of y[rows] = W[rows, columns] · x, where there are at least as many columns as floats in a vector.</summary>
internal unsafe struct MatrixVector<S, V> : IParallelJob
    where S : struct, ISimd<V>
    where V : unmanaged
{
    private const int Streams = 4;

    public float* Weights, X, Y;
    public nint Stride;
    public int Rows, Columns, Block;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Execute(int item, int thread)
    {
        int row = item * Block, end = Math.Min(Rows, row + Block), apart = (end - row) / Streams;
        float* last = stackalloc float[S.Width], sums = stackalloc float[Streams];
        int whole = Columns / S.Width * S.Width, behind = Behind(last);
        nint step = apart * Stride;
        for (int i = 0; i < apart; i++)
        {
            float* w0 = Weights + ((row + i) * Stride);
            float* w1 = w0 + step;
            float* w2 = w1 + step;
            float* w3 = w2 + step;
            V s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero;
            for (int j = 0; j < whole; j += S.Width)
            {
                V x = S.Load(X + j);
                s0 = S.MultiplyAdd(x, S.Load(w0 + j), s0);
                s1 = S.MultiplyAdd(x, S.Load(w1 + j), s1);
                s2 = S.MultiplyAdd(x, S.Load(w2 + j), s2);
                s3 = S.MultiplyAdd(x, S.Load(w3 + j), s3);
            }

            if (behind >= 0)
            {
                V x = S.Load(last);
                s0 = S.MultiplyAdd(x, S.Load(w0 + behind), s0);
                s1 = S.MultiplyAdd(x, S.Load(w1 + behind), s1);
                s2 = S.MultiplyAdd(x, S.Load(w2 + behind), s2);
                s3 = S.MultiplyAdd(x, S.Load(w3 + behind), s3);
            }

            S.StoreSums(sums, s0, s1, s2, s3);
            for (int stream = 0; stream < Streams; stream++) Y[row + i + (stream * apart)] = sums[stream];
        }

        for (row += Streams * apart; row < end; row++) Y[row] = Row(Weights + (row * Stride), last, behind);
    }

    private readonly float Row(float* w, float* last, int behind)
    {
        V s = S.Zero;
        for (int j = 0; j + S.Width <= Columns; j += S.Width) s = S.MultiplyAdd(S.Load(X + j), S.Load(w + j), s);
        if (behind >= 0) s = S.MultiplyAdd(S.Load(last), S.Load(w + behind), s);
        return S.Sum(s);
    }

    // Columns at the end that fill no vector are read together with some before them, beside which x is zero. Where that load begins; −1
    // when no column is left over.
    private readonly int Behind(float* last)
    {
        int rest = Columns % S.Width;
        if (rest == 0) return -1;
        for (int i = 0; i < S.Width; i++) last[i] = i < S.Width - rest ? 0 : X[Columns - S.Width + i];
        return Columns - S.Width;
    }
}
