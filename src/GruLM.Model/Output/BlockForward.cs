// The output layer for few tokens, forwards: a block of the vocabulary at a time. FewTokenColumns.cs has the equations.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Logits of one block of the vocabulary, then their exponentials, maxima and sums.</summary>
internal unsafe struct BlockForward<S, V> : IParallelJob
    where S : struct, ISimd<V>
    where V : unmanaged
{
    public FewTokenColumns All;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Execute(int item, int thread)
    {
        int first = item * FewTokenColumns.BlockRows, end = Math.Min(All.Vocab, first + FewTokenColumns.BlockRows), columns = All.Columns;
        new InPlaceProduct<S, V>
        {
            A = All.Weights,
            RowStride = All.Hidden,
            ColumnStride = 1,
            M = All.Vocab,
            K = All.Hidden,
            B = All.Transposed,
            StrideB = columns,
            N = columns,
            C = All.Logits,
            StrideC = columns,
        }.Block(first, end, 0, columns);
        float* block = All.Logits + ((nint)first * columns), maxima = All.Maxima + ((nint)item * columns),
            sums = All.Sums + ((nint)item * columns);
        for (int c = 0; c < columns; c += S.Width)
        {
            V max = S.Load(block + c);
            for (int i = 1; i < end - first; i++) max = S.Max(max, S.Load(block + ((nint)i * columns) + c));
            S.Store(maxima + c, max);
        }

        for (int c = 0; c < All.Rows; c++)
        {
            int target = All.Targets[c] - first;
            if (target >= 0 && target < end - first) Target(block + c, target, c, maxima[c]);
        }

        for (int c = 0; c < columns; c += S.Width) S.Store(sums + c, ExpSum(block + c, end - first, S.Load(maxima + c)));
    }

    private readonly void Target(float* column, int target, int c, float max)
    {
        float logit = column[(nint)target * All.Columns];
        bool first = logit == max;
        for (int i = 0; i < target && first; i++) first = column[(nint)i * All.Columns] != max;
        All.TargetLogits[c] = logit;
        All.Correct[c] = first ? 1 : 0;
    }

    // Four sums, so that none waits for itself and rounding stays small.
    private readonly V ExpSum(float* x, int rows, V max)
    {
        nint stride = All.Columns;
        V s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero;
        int i = 0;
        for (; i + 4 <= rows; i += 4, x += 4 * stride)
        {
            s0 = S.Add(s0, Exp(x, max));
            s1 = S.Add(s1, Exp(x + stride, max));
            s2 = S.Add(s2, Exp(x + (2 * stride), max));
            s3 = S.Add(s3, Exp(x + (3 * stride), max));
        }

        for (; i < rows; i++, x += stride) s0 = S.Add(s0, Exp(x, max));
        return S.Add(S.Add(s0, s1), S.Add(s2, s3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Exp(float* x, V max)
    {
        V e = VectorMath<S, V>.Exp(S.Subtract(S.Load(x), max));
        S.Store(x, e);
        return e;
    }
}
