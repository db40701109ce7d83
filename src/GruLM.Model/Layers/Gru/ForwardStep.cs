// A time step of the fused layer forwards: h' from h. An item is a panel of units and some lanes: one pass over the packed recurrent
// weights (or over W_hh where it lies, for few tokens), then the gates of the panel's units while their sums are in the first-level cache.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>h' for the units of one panel and up to <see cref="FusedGruLayer.StepRows"/> lanes.</summary>
internal unsafe struct ForwardStep<S, V> : IParallelJob
    where S : struct, ISimd<V>
    where V : unmanaged
{
    public float* Weights, Biases, Gates, Recurrent, Before, After;
    public Bf16Step<S, V> Bf16;
    public int H, Stride, Lanes, Panels, Units, Threads;
    public bool InPlace;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Execute(int item, int thread)
    {
        int width = 3 * Units, panel = StepPanels.PanelOf(item % Panels, Panels, InPlace ? 1 : Threads);
        int first = item / Panels * FusedGruLayer.StepRows, rows = Math.Min(FusedGruLayer.StepRows, Lanes - first);

        // One tile more than the rows: a tile writes all of its rows.
        float* sums = stackalloc float[(FusedGruLayer.StepRows + S.TileRows) * width];
        for (int i = 0; i < Math.Min(LanesAhead, rows); i++) Fetch(first + i, panel * Units);
        if (Bf16.Used) Bf16.Multiply(panel, first, rows, sums);
        else if (InPlace) MultiplyInPlace(panel, first, rows, sums);
        else Multiply(panel, first, rows, sums);
        for (int u = 0; u < Units; u += S.Width) Gate((panel * Units) + u, first, rows, sums + u, width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Multiply(int panel, int first, int rows, float* sums)
    {
        int width = 3 * S.Width;
        float* weights = Weights + ((nint)panel * width * H);
        float* ahead = Weights + ((nint)((panel + 1) % Panels) * width * H);
        for (int k = 0; k < H; k += StepPanels.DepthSlice)
        {
            int depth = Math.Min(StepPanels.DepthSlice, H - k);
            var next = new SliceAhead<S, V>(k + depth < H ? weights + ((nint)(k + depth) * width) : ahead, depth, rows / S.TileRows);
            for (int i = 0; i < rows; i += S.TileRows)
            {
                RegisterTile<S, V>.Product(
                    Before + ((nint)(first + i) * Stride) + k, Stride, 1, weights + ((nint)k * width), width, depth, sums + (i * width),
                    width, Math.Min(S.TileRows, rows - i), 3, add: k > 0, next.Part(), next.StepsALine);
            }
        }
    }

    // Rows of W_hh times each lane's state, four at a time. States are padded with zeros, so that whole vectors may be read past a
    // row's end.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void MultiplyInPlace(int panel, int first, int rows, float* sums)
    {
        int width = 3 * Units, unit = panel * Units, units = Math.Min(Units, H - unit);
        new Span<float>(sums, rows * width).Clear();
        float* dots = stackalloc float[4];
        for (int g = 0; g < 3; g++)
        {
            float* w = Weights + ((((nint)g * H) + unit) * H);
            for (int u = 0; u < units; u += 4, w += 4 * (nint)H)
            {
                int count = Math.Min(4, units - u);
                float* w1 = count > 1 ? w + H : w;
                float* w2 = count > 2 ? w1 + H : w1;
                float* w3 = count > 3 ? w2 + H : w2;
                for (int i = 0; i < rows; i++)
                {
                    float* h = Before + ((nint)(first + i) * Stride);
                    V s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero;
                    for (int k = 0; k < H; k += S.Width)
                    {
                        V x = S.Load(h + k);
                        s0 = S.MultiplyAdd(x, S.Load(w + k), s0);
                        s1 = S.MultiplyAdd(x, S.Load(w1 + k), s1);
                        s2 = S.MultiplyAdd(x, S.Load(w2 + k), s2);
                        s3 = S.MultiplyAdd(x, S.Load(w3 + k), s3);
                    }

                    float* to = sums + (i * width) + (g * Units) + u;
                    S.StoreSums(count == 4 ? to : dots, s0, s1, s2, s3);
                    for (int j = 0; j < count && count < 4; j++) to[j] = dots[j];
                }
            }
        }
    }

    // What a vector of units of a lane reads and writes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Fetch(nint lane, int unit)
    {
        float* gates = Gates + (lane * 3 * Stride) + unit;
        RegisterTile<S, V>.FetchVector(gates);
        RegisterTile<S, V>.FetchVector(gates + Stride);
        RegisterTile<S, V>.FetchVector(gates + (2 * Stride));
        RegisterTile<S, V>.FetchVector(Recurrent + (lane * Stride) + unit);
        RegisterTile<S, V>.FetchVector(Before + (lane * Stride) + unit);
        RegisterTile<S, V>.FetchVector(After + (lane * Stride) + unit);
    }

    // One vector of units.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Gate(int unit, int first, int rows, float* sums, int width)
    {
        V biasR = S.Load(Biases + unit), biasZ = S.Load(Biases + Stride + unit);
        V biasN = S.Load(Biases + (2 * Stride) + unit), biasQ = S.Load(Biases + (3 * Stride) + unit);
        for (int i = 0; i < rows; i++, sums += width)
        {
            nint lane = first + i;
            float* gates = Gates + (lane * 3 * Stride) + unit;
            if (i + LanesAhead < rows) Fetch(lane + LanesAhead, unit);
            GruGates<V> at = GruCell<S, V>.Gates(
                S.Add(S.Add(S.Load(gates), biasR), S.Load(sums)),
                S.Add(S.Add(S.Load(gates + Stride), biasZ), S.Load(sums + Units)),
                S.Add(S.Load(gates + (2 * Stride)), biasN),
                S.Add(S.Load(sums + (2 * Units)), biasQ));
            float* after = After + (lane * Stride) + unit;
            S.Store(gates, at.R);
            S.Store(gates + Stride, at.Z);
            S.Store(gates + (2 * Stride), at.N);
            S.Store(Recurrent + (lane * Stride) + unit, at.Q);
            S.Store(after, GruCell<S, V>.State(at, S.Load(Before + (lane * Stride) + unit)));
            if (Bf16.Used) Bf16.Keep(after, lane, unit);
        }
    }

    // The less of a lane an item computes, the sooner it comes to the next.
    private static int LanesAhead => 64 / S.Width;
}
