// The time steps of the fused GRU layer, forward and backward: one pass over the packed recurrent weights, the gate math of a panel's
// units in the same item. Equations as in GruLayer.cs; FusedGruLayer.cs tells how the sequence is put together.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>The time steps of <see cref="FusedGruLayer"/> for the vector width <typeparamref name="S"/>.</summary>
internal sealed unsafe partial class FusedGruLayer<S, V> : FusedGruLayer
    where S : struct, ISimd<V>
    where V : unmanaged
{
    // A slice of a panel this deep stays in the second-level cache, beside the next one, while the lanes pass over it.
    private const int DepthSlice = 512;

    // A lane's gates are a cache line here and there, which no processor foresees: they are fetched so many lanes ahead. Backwards an item
    // has three times the units.
    private const int LanesAheadBackward = 2;

    // [b_ir + b_hr | b_iz + b_hz | b_in | b_hn], each H' long.
    private readonly AlignedBuffer<float> _biases;

    public FusedGruLayer(Compute compute, int inputDim, int hiddenDim)
        : base(compute, inputDim, hiddenDim) => _biases = new AlignedBuffer<float>(4L * PaddedHidden);

    public override void Dispose()
    {
        _biases.Dispose();
        base.Dispose();
    }

    // The less of a lane an item computes, the sooner it comes to the next.
    private static int LanesAhead => 64 / S.Width;

    protected override void SetBiases(float* ih, float* hh)
    {
        for (int j = 0; j < HiddenDim; j++)
        {
            _biases.Pointer[j] = ih[j] + hh[j];
            _biases.Pointer[PaddedHidden + j] = ih[HiddenDim + j] + hh[HiddenDim + j];
            _biases.Pointer[(2 * PaddedHidden) + j] = ih[(2 * HiddenDim) + j];
            _biases.Pointer[(3 * PaddedHidden) + j] = hh[(2 * HiddenDim) + j];
        }
    }

    protected override void StepForward(GruActivations a, int t, int lanes)
    {
        long row = (long)t * lanes;
        var job = new ForwardJob
        {
            Weights = InPlace ? RecurrentWeights : Floats(RecurrentForward),
            InPlace = InPlace,
            Biases = _biases.Pointer,
            H = HiddenDim,
            Stride = PaddedHidden,
            Lanes = lanes,
            Gates = a.Gates.Pointer + (row * 3 * PaddedHidden),
            Recurrent = a.Recurrent.Pointer + (row * PaddedHidden),
            Before = a.States.Pointer + (row * PaddedHidden),
            After = a.States.Pointer + ((row + lanes) * PaddedHidden),
            Panels = PaddedHidden / PanelUnits,
            Units = PanelUnits,
            Threads = Compute.Team.Count,
            Half = new HalfProduct(Compute, RecurrentForward, HalfStates(t, lanes), HalfStates(t + 1, lanes), HalfStateStride),
        };
        Run(ref job, job.Panels * ((lanes + StepRows - 1) / StepRows), lanes);
    }

    protected override void StepBackward(GruActivations a, float* dY, float* carry, int t, int steps, int lanes)
    {
        long row = (long)t * lanes;
        int panels = RecurrentBackward.Panels;
        var job = new BackwardJob
        {
            Weights = InPlace ? RecurrentWeights : Floats(RecurrentBackward),
            InPlace = InPlace,
            H = HiddenDim,
            Stride = PaddedHidden,
            Lanes = lanes,
            Panels = panels,
            Last = t == steps - 1,
            Threads = Compute.Team.Count,
            Width = RecurrentBackward.PanelWidth,
            Half = new HalfProduct(Compute, RecurrentBackward, HalfGradients(t + 1, lanes), HalfGradients(t, lanes), HalfGradientStride),
            Gates = a.Gates.Pointer + (row * 3 * PaddedHidden),
            Recurrent = a.Recurrent.Pointer + (row * PaddedHidden),
            Before = a.States.Pointer + (row * PaddedHidden),
            DY = dY + (row * PaddedHidden),
            Carry = carry,
            BiasSums = BiasSums(0),
        };
        Run(ref job, job.ItemsABlock * BackwardBlocks(lanes), lanes);
    }

    // Threads that take items in turn have panels of their own, side by side: a cache line that two narrow panels share is then not written
    // by two threads at once.
    private static int PanelOf(int index, int panels, int threads)
    {
        int thread = index % threads;
        return (thread * (panels / threads)) + Math.Min(thread, panels % threads) + (index / threads);
    }

    private static float* Floats(PackedMatrix weights) => weights.Bf16 == null ? weights.Panel(0) : null;

    // h' for the units of one panel and up to StepRows lanes.
    private partial struct ForwardJob : IParallelJob
    {
        public float* Weights, Biases, Gates, Recurrent, Before, After;
        public HalfProduct Half;
        public int H, Stride, Lanes, Panels, Units, Threads;
        public bool InPlace;

        [SkipLocalsInit]
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            int width = 3 * Units, panel = PanelOf(item % Panels, Panels, InPlace ? 1 : Threads), first = item / Panels * StepRows,
                rows = Math.Min(StepRows, Lanes - first);

            // One tile more than the rows: a tile writes all of its rows.
            float* sums = stackalloc float[(StepRows + S.TileRows) * width];
            for (int i = 0; i < Math.Min(LanesAhead, rows); i++) Fetch(first + i, panel * Units);
            if (Half.Used) Half.Multiply(panel, first, rows, sums);
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
            for (int k = 0; k < H; k += DepthSlice)
            {
                int depth = Math.Min(DepthSlice, H - k);
                var next = new SliceAhead<S, V>(k + depth < H ? weights + ((nint)(k + depth) * width) : ahead, depth, rows / S.TileRows);
                for (int i = 0; i < rows; i += S.TileRows)
                {
                    RegisterTile<S, V>.Product(
                        Before + ((nint)(first + i) * Stride) + k, Stride, 1, weights + ((nint)k * width), width, depth, sums + (i * width),
                        width, Math.Min(S.TileRows, rows - i), 3, add: k > 0, next.Part(), next.StepsALine);
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
                V r = VectorMath<S, V>.Sigmoid(S.Add(S.Add(S.Load(gates), biasR), S.Load(sums)));
                V z = VectorMath<S, V>.Sigmoid(S.Add(S.Add(S.Load(gates + Stride), biasZ), S.Load(sums + Units)));
                V q = S.Add(S.Load(sums + (2 * Units)), biasQ);
                V n = VectorMath<S, V>.Tanh(S.MultiplyAdd(r, q, S.Add(S.Load(gates + (2 * Stride)), biasN)));
                V before = S.Load(Before + (lane * Stride) + unit);
                float* after = After + (lane * Stride) + unit;
                S.Store(gates, r);
                S.Store(gates + Stride, z);
                S.Store(gates + (2 * Stride), n);
                S.Store(Recurrent + (lane * Stride) + unit, q);
                S.Store(after, S.MultiplyAdd(z, S.Subtract(before, n), n));
                if (Half.Used) Half.Keep(after, lane, unit);
            }
        }
    }

    // dh for the units of one panel (three vectors of them) and some lanes, then the gradients of their gates at step t.
    private partial struct BackwardJob : IParallelJob
    {
        public float* Weights, Gates, Recurrent, Before, DY, Carry, BiasSums;
        public HalfProduct Half;
        public int H, Stride, Lanes, Panels, Width, Threads;
        public bool Last, InPlace;

        // Two items share the last of an odd number of panels, some of the lanes each, so that two threads have the same to do.
        public readonly int ItemsABlock => Panels > 1 ? Panels + (Panels % 2) : Panels;

        [SkipLocalsInit]
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            int width = Width, block = item / ItemsABlock, index = item % ItemsABlock, whole = (2 * Panels) - ItemsABlock;
            int panel = index < whole ? PanelOf(index, whole, InPlace ? 1 : Threads) : Panels - 1, part = index > Panels - 1 ? 1 : 0;
            int first = block * BackwardRows, rows = Math.Min(BackwardRows, Lanes - first);
            if (index >= whole)
            {
                int half = ((rows / 2) + S.TileRows - 1) / S.TileRows * S.TileRows;
                (first, rows) = part == 0 ? (first, Math.Min(half, rows)) : (first + half, rows - half);
            }

            if (rows <= 0) return;
            float* sums = stackalloc float[(BackwardRows + S.TileRows) * width];
            int unitEnd = Math.Min(Stride, (panel + 1) * width);
            for (int i = 0; i < Math.Min(LanesAheadBackward, rows); i++) Fetch(first + i, panel * width, unitEnd);
            if (!Last && Half.Used)
            {
                Half.Multiply(panel, first, rows, sums);
            }
            else if (!Last && InPlace)
            {
                MultiplyInPlace(panel, first, rows, sums);
            }
            else if (!Last)
            {
                // [dar, daz] of step t + 1 lie in Gates, dq in Recurrent: two runs of k against one panel.
                float* gatesAfter = Gates + ((nint)Lanes * 3 * Stride), recurrentAfter = Recurrent + ((nint)Lanes * Stride);
                float* weights = Weights + ((nint)panel * width * 3 * Stride);
                float* ahead = Weights + ((nint)((panel + 1) % Panels) * width * 3 * Stride);
                int k = 0, vectors = Math.Min(3, (Stride / S.Width) - (3 * panel));
                while (k < 3 * Stride)
                {
                    bool inGates = k < 2 * Stride;
                    int depth = Math.Min(DepthSlice, (inGates ? 2 : 3) * Stride - k);
                    nint strideA = inGates ? 3 * Stride : Stride;
                    float* a = inGates ? gatesAfter + k : recurrentAfter + (k - (2 * Stride));
                    var next = new SliceAhead<S, V>(k + depth < 3 * Stride ? weights + ((nint)(k + depth) * width) : ahead, depth,
                        rows / S.TileRows);
                    for (int i = 0; i < rows; i += S.TileRows)
                    {
                        RegisterTile<S, V>.Product(
                            a + ((nint)(first + i) * strideA), strideA, 1, weights + ((nint)k * width), width, depth, sums + (i * width),
                            width, Math.Min(S.TileRows, rows - i), vectors, add: k > 0, next.Part(), next.StepsALine);
                    }

                    k += depth;
                }
            }

            float* biasSums = BiasSums + (((2 * block) + part) * 4L * Stride);
            V one = S.Splat(1f);
            for (int i = 0; i < rows; i++, sums += width)
            {
                nint lane = first + i;
                if (i + LanesAheadBackward < rows) Fetch(lane + LanesAheadBackward, panel * width, unitEnd);
                for (int unit = panel * width; unit < unitEnd; unit += S.Width)
                {
                    float* gates = Gates + (lane * 3 * Stride) + unit;
                    float* recurrent = Recurrent + (lane * Stride) + unit;
                    float* carry = Carry + (lane * Stride) + unit;
                    V d = S.Load(DY + (lane * Stride) + unit);
                    if (!Last) d = S.Add(d, S.Add(S.Load(carry), S.Load(sums + (unit - (panel * width)))));
                    V r = S.Load(gates), z = S.Load(gates + Stride), n = S.Load(gates + (2 * Stride)), q = S.Load(recurrent);
                    V dan = S.Multiply(S.Multiply(d, S.Subtract(one, z)), S.Subtract(one, S.Multiply(n, n)));
                    V daz = S.Multiply(S.Multiply(d, S.Subtract(S.Load(Before + (lane * Stride) + unit), n)),
                        S.Multiply(z, S.Subtract(one, z)));
                    V dar = S.Multiply(S.Multiply(dan, q), S.Multiply(r, S.Subtract(one, r)));
                    V dq = S.Multiply(dan, r);
                    S.Store(carry, S.Multiply(d, z));
                    S.Store(gates, dar);
                    S.Store(gates + Stride, daz);
                    S.Store(gates + (2 * Stride), dan);
                    S.Store(recurrent, dq);
                    float* bias = biasSums + unit;
                    S.Store(bias, S.Add(S.Load(bias), dar));
                    S.Store(bias + Stride, S.Add(S.Load(bias + Stride), daz));
                    S.Store(bias + (2 * Stride), S.Add(S.Load(bias + (2 * Stride)), dan));
                    S.Store(bias + (3 * Stride), S.Add(S.Load(bias + (3 * Stride)), dq));
                    if (!Half.Used) continue;
                    Half.Keep(gates, lane, unit);
                    Half.Keep(gates + Stride, lane, Stride + unit);
                    Half.Keep(recurrent, lane, (2 * Stride) + unit);
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
}
