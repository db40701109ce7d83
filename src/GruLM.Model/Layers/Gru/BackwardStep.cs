// A time step of the fused layer backwards: dh from the gates' gradients of the step after, then the gradients of this step's gates. An
// item is a panel of units and some lanes. Gates are overwritten by their gradients; the gradients of the biases are added up on the way.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>dh for the units of one panel (three vectors of them) and some lanes, then the gradients of their gates at step t.</summary>
internal unsafe struct BackwardStep<S, V> : IParallelJob
    where S : struct, ISimd<V>
    where V : unmanaged
{
    // A lane's gates are a cache line here and there, which no processor foresees: they are fetched so many lanes ahead. An item has three
    // times the units of one forwards.
    private const int LanesAhead = 2;

    public float* Weights, Gates, Recurrent, Before, DY, Carry, BiasSums;
    public Bf16Step<S, V> Bf16;
    public int H, Stride, Lanes, Panels, Width, Threads;
    public bool Last, InPlace;

    // Two items share the last of an odd number of panels, some of the lanes each, so that two threads have the same to do.
    public readonly int ItemsABlock => Panels > 1 ? Panels + (Panels % 2) : Panels;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Execute(int item, int thread)
    {
        // So many panels are one item each; of an odd number of panels the last is two, a part of the lanes each.
        int block = item / ItemsABlock, index = item % ItemsABlock, whole = (2 * Panels) - ItemsABlock;
        int panel = index < whole ? StepPanels.PanelOf(index, whole, InPlace ? 1 : Threads) : Panels - 1;
        int part = index > Panels - 1 ? 1 : 0;
        int first = block * FusedGruLayer.BackwardRows, rows = Math.Min(FusedGruLayer.BackwardRows, Lanes - first);
        if (index >= whole)
        {
            int half = ((rows / 2) + S.TileRows - 1) / S.TileRows * S.TileRows;
            (first, rows) = part == 0 ? (first, Math.Min(half, rows)) : (first + half, rows - half);
        }

        if (rows <= 0) return;
        float* sums = stackalloc float[(FusedGruLayer.BackwardRows + S.TileRows) * Width];
        int unitEnd = Math.Min(Stride, (panel + 1) * Width);
        for (int i = 0; i < Math.Min(LanesAhead, rows); i++) Fetch(first + i, panel * Width, unitEnd);
        if (!Last)
        {
            if (Bf16.Used) Bf16.Multiply(panel, first, rows, sums);
            else if (InPlace) MultiplyInPlace(panel, first, rows, sums);
            else Multiply(panel, first, rows, sums);
        }

        GateGradients(panel, first, rows, sums, BiasSums + (((2 * block) + part) * 4L * Stride));
    }

    // [dar, daz] of step t + 1 lie in Gates, dq in Recurrent: two runs of k against one panel.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Multiply(int panel, int first, int rows, float* sums)
    {
        int width = Width;
        float* gatesAfter = Gates + ((nint)Lanes * 3 * Stride), recurrentAfter = Recurrent + ((nint)Lanes * Stride);
        float* weights = Weights + ((nint)panel * width * 3 * Stride);
        float* ahead = Weights + ((nint)((panel + 1) % Panels) * width * 3 * Stride);
        int k = 0, vectors = Math.Min(3, (Stride / S.Width) - (3 * panel));
        while (k < 3 * Stride)
        {
            bool inGates = k < 2 * Stride;
            int depth = Math.Min(StepPanels.DepthSlice, (inGates ? 2 : 3) * Stride - k);
            nint strideA = inGates ? 3 * Stride : Stride;
            float* a = inGates ? gatesAfter + k : recurrentAfter + (k - (2 * Stride));
            float* slice = k + depth < 3 * Stride ? weights + ((nint)(k + depth) * width) : ahead;
            var next = new SliceAhead<S, V>(slice, depth, rows / S.TileRows);
            for (int i = 0; i < rows; i += S.TileRows)
            {
                RegisterTile<S, V>.Product(
                    a + ((nint)(first + i) * strideA), strideA, 1, weights + ((nint)k * width), width, depth, sums + (i * width),
                    width, Math.Min(S.TileRows, rows - i), vectors, add: k > 0, next.Part(), next.StepsALine);
            }

            k += depth;
        }
    }

    // [dar, daz, dq] of step t + 1 against columns of W_hh; columns beyond its own belong to the next row, and their sums are zeroed.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void MultiplyInPlace(int panel, int first, int rows, float* sums)
    {
        int start = panel * Width, columns = Math.Clamp(H - start, 0, Width), vectors = (columns + S.Width - 1) / S.Width;
        float* gatesAfter = Gates + ((nint)Lanes * 3 * Stride), recurrentAfter = Recurrent + ((nint)Lanes * Stride);
        for (int i = 0; i < rows; i += S.TileRows)
        {
            for (int g = 0; g < 3; g++)
            {
                nint strideA = g < 2 ? 3 * Stride : Stride;
                float* a = (g < 2 ? gatesAfter + (g * Stride) : recurrentAfter) + ((first + i) * strideA);
                float* weights = Weights + ((nint)g * H * H) + start;
                RegisterTile<S, V>.Product(
                    a, strideA, 1, weights, H, H, sums + (i * Width), Width, Math.Min(S.TileRows, rows - i), vectors, add: g > 0, weights);
            }
        }

        int padded = Math.Min(Width, Stride - start);
        for (int i = 0; i < rows; i++) new Span<float>(sums + (i * Width) + columns, padded - columns).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void GateGradients(int panel, int first, int rows, float* sums, float* biasSums)
    {
        int unitStart = panel * Width, unitEnd = Math.Min(Stride, unitStart + Width);
        for (int i = 0; i < rows; i++, sums += Width)
        {
            nint lane = first + i;
            if (i + LanesAhead < rows) Fetch(lane + LanesAhead, unitStart, unitEnd);
            for (int unit = unitStart; unit < unitEnd; unit += S.Width)
            {
                float* gates = Gates + (lane * 3 * Stride) + unit;
                float* recurrent = Recurrent + (lane * Stride) + unit;
                float* carry = Carry + (lane * Stride) + unit;
                V dState = S.Load(DY + (lane * Stride) + unit);
                if (!Last) dState = S.Add(dState, S.Add(S.Load(carry), S.Load(sums + (unit - unitStart))));
                var at = new GruGates<V>(S.Load(gates), S.Load(gates + Stride), S.Load(gates + (2 * Stride)), S.Load(recurrent));
                (V dar, V daz, V dan, V dq) = GruCell<S, V>.Backward(at, S.Load(Before + (lane * Stride) + unit), dState);
                S.Store(carry, S.Multiply(dState, at.Z));
                S.Store(gates, dar);
                S.Store(gates + Stride, daz);
                S.Store(gates + (2 * Stride), dan);
                S.Store(recurrent, dq);
                float* bias = biasSums + unit;
                S.Store(bias, S.Add(S.Load(bias), dar));
                S.Store(bias + Stride, S.Add(S.Load(bias + Stride), daz));
                S.Store(bias + (2 * Stride), S.Add(S.Load(bias + (2 * Stride)), dan));
                S.Store(bias + (3 * Stride), S.Add(S.Load(bias + (3 * Stride)), dq));
                if (!Bf16.Used) continue;
                Bf16.Keep(gates, lane, unit);
                Bf16.Keep(gates + Stride, lane, Stride + unit);
                Bf16.Keep(recurrent, lane, (2 * Stride) + unit);
            }
        }
    }

    // What some units of a lane read and write.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Fetch(nint lane, int unit, int unitEnd)
    {
        for (; unit < unitEnd; unit += S.Width)
        {
            float* gates = Gates + (lane * 3 * Stride) + unit;
            RegisterTile<S, V>.FetchVector(gates);
            RegisterTile<S, V>.FetchVector(gates + Stride);
            RegisterTile<S, V>.FetchVector(gates + (2 * Stride));
            RegisterTile<S, V>.FetchVector(Recurrent + (lane * Stride) + unit);
            RegisterTile<S, V>.FetchVector(Before + (lane * Stride) + unit);
            RegisterTile<S, V>.FetchVector(DY + (lane * Stride) + unit);
            RegisterTile<S, V>.FetchVector(Carry + (lane * Stride) + unit);
        }
    }
}
