// The output layer for few tokens, backwards: a part of the vocabulary at a time. FewTokenColumns.cs has the equations.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>dW of a part of the vocabulary, and that part's share of dY.</summary>
internal unsafe struct BlockBackward<S, V> : IParallelJob
    where S : struct, ISimd<V>
    where V : unmanaged
{
    public FewTokenColumns All;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Execute(int item, int thread)
    {
        int columns = All.Columns, start = item * All.BlocksAPart * FewTokenColumns.BlockRows,
            end = Math.Min(All.Vocab, start + (All.BlocksAPart * FewTokenColumns.BlockRows));
        for (int first = start; first < end; first += FewTokenColumns.BlockRows)
        {
            Gradients(first, Math.Min(end, first + FewTokenColumns.BlockRows));
        }

        float* dY = All.DParts + ((nint)item * All.PaddedHidden * columns);
        new InPlaceProduct<S, V>
        {
            A = All.Logits + ((nint)start * columns),
            RowStride = 1,
            ColumnStride = columns,
            M = All.Rows,
            K = end - start,
            B = All.Weights + ((nint)start * All.Hidden),
            StrideB = All.Hidden,
            N = All.Hidden,
            C = dY,
            StrideC = All.PaddedHidden,
        }.Block(0, All.Rows, 0, All.Hidden);
    }

    private readonly void Gradients(int first, int end)
    {
        int columns = All.Columns;
        float* block = All.Logits + ((nint)first * columns), factors = All.Maxima + ((nint)(first / FewTokenColumns.BlockRows) * columns);
        for (int c = 0; c < columns; c += S.Width)
        {
            V factor = S.Load(factors + c);
            float* x = block + c;
            for (int i = first; i < end; i++, x += columns) S.Store(x, S.Multiply(S.Load(x), factor));
        }

        for (int c = 0; c < All.Rows; c++)
        {
            int target = All.Targets[c];
            if (target >= first && target < end) block[((nint)(target - first) * columns) + c] -= All.Total[c];
        }

        new InPlaceProduct<S, V>
        {
            A = All.Logits,
            RowStride = columns,
            ColumnStride = 1,
            M = All.Vocab,
            K = All.Rows,
            B = All.Scaled,
            StrideB = All.PaddedHidden,
            N = All.Hidden,
            C = All.DWeights,
            StrideC = All.Hidden,
            Add = true,
        }.Block(first, end, 0, All.Hidden);
    }
}
