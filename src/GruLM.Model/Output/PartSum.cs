// The end of the output layer for few tokens: dY is the sum of what each part of the vocabulary gave, in the parts' order.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>dY of some tokens from its parts.</summary>
internal unsafe struct PartSum<S, V> : IParallelJob
    where S : struct, ISimd<V>
    where V : unmanaged
{
    public const int Block = 8;
    public FewTokenColumns All;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Execute(int item, int thread)
    {
        nint part = (nint)All.PaddedHidden * All.Columns;
        for (int row = item * Block, end = Math.Min(All.Rows, row + Block); row < end; row++)
        {
            V factor = S.Splat(All.Factors[row]);
            float* from = All.DParts + ((nint)row * All.PaddedHidden), to = All.DY + ((nint)row * All.PaddedHidden);
            for (int j = 0; j < All.Hidden; j += S.Width)
            {
                V sum = S.Load(from + j);
                for (int p = 1; p < All.Parts; p++) sum = S.Add(sum, S.Load(from + (p * part) + j));
                S.Store(to + j, S.Multiply(sum, factor));
            }

            new Span<float>(to + All.Hidden, All.PaddedHidden - All.Hidden).Clear();
        }
    }
}
