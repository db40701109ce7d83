// The GRU layer as it is trained: the same equations as GruLayer.cs over whole sequences [T, B, ·].
// The input projection of all steps is one product; a step then costs one pass over the packed recurrent weights, whose
// panels hold r, z and n of the same units side by side, so that the gate math follows in the same item while
// the sums are in the first-level cache. Backward likewise: one pass a step for dh, then each weight gradient is one
// product over the whole sequence. Gates overwrite the projections and their gradients overwrite the gates.
// Rows of states and gates are padded to a multiple of 16 units; padded units have zero weights and stay zero.
// In bfloat16 a panel is three tiles instead of three vectors, and each step leaves its states, or its gates' gradients, converted for the next.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>One GRU layer over sequences, for any vector width. Weights are packed by <see cref="Pack"/> after each change.</summary>
internal abstract unsafe partial class FusedGruLayer : IDisposable
{
    private readonly AlignedBuffer<int> gateMajor;
    private readonly AlignedBuffer<int> interleaved;
    private readonly PackedMatrix inputForward;
    private readonly PackedMatrix inputBackward;

    // bfloat16 only: states, or gradients of gates, of the step before and of the step at hand, [2][B][·]. Padding is zero and stays so.
    private AlignedBuffer<ushort>? halfStates;
    private AlignedBuffer<ushort>? halfGradients;

    protected FusedGruLayer(Compute compute, int inputDim, int hiddenDim)
    {
        Compute = compute;
        InputDim = inputDim;
        HiddenDim = hiddenDim;
        PaddedInput = Padded(inputDim);
        PaddedHidden = Padded(hiddenDim);
        PanelUnits = compute.Bf16 != null ? AmxKernel.PanelWidth / 3 : compute.Width;
        gateMajor = new AlignedBuffer<int>(3L * PaddedHidden);
        interleaved = new AlignedBuffer<int>(3L * PaddedHidden);
        for (int g = 0; g < 3; g++)
        {
            for (int j = 0; j < PaddedHidden; j++)
            {
                int row = j < hiddenDim ? (g * hiddenDim) + j : -1;
                int panel = j / PanelUnits, lane = j % PanelUnits;
                gateMajor.Pointer[(g * PaddedHidden) + j] = row;
                interleaved.Pointer[(((panel * 3) + g) * PanelUnits) + lane] = row;
            }
        }

        inputForward = compute.NewPacked(inputDim, 3 * PaddedHidden);
        inputBackward = compute.NewPacked(3 * PaddedHidden, inputDim);
        RecurrentForward = compute.NewPacked(hiddenDim, 3 * PaddedHidden);
        RecurrentBackward = compute.NewPacked(3 * PaddedHidden, PaddedHidden);
        transposedInput = new AlignedBuffer<float>((long)FewTokens.Most * inputDim);
        transposedGates = new AlignedBuffer<float>(3L * FewTokens.Most * hiddenDim);
    }

    /// <summary>Most rows of an item of a time step: the tile sums of one panel then stay in a core's own caches.</summary>
    protected const int StepRows = 64;

    protected Compute Compute { get; }

    protected int InputDim { get; }

    protected int HiddenDim { get; }

    protected PackedMatrix RecurrentForward { get; }

    protected PackedMatrix RecurrentBackward { get; }

    /// <summary>Units of which a panel of the recurrent weights holds r, z and n.</summary>
    protected int PanelUnits { get; }

    protected int HalfStateStride => AmxGemm.RowStride(PaddedHidden);

    protected int HalfGradientStride => AmxGemm.RowStride(3 * PaddedHidden);

    public int PaddedInput { get; }

    public int PaddedHidden { get; }

    public static int Padded(int units) => (units + 15) / 16 * 16;

    public static FusedGruLayer Create(Compute compute, int inputDim, int hiddenDim) => compute.Path switch
    {
        KernelPath.Vector512 => new FusedGruLayer<Simd512, System.Runtime.Intrinsics.Vector512<float>>(compute, inputDim, hiddenDim),
        KernelPath.Vector256 => new FusedGruLayer<Simd256, System.Runtime.Intrinsics.Vector256<float>>(compute, inputDim, hiddenDim),
        KernelPath.Vector128 => new FusedGruLayer<Simd128, System.Runtime.Intrinsics.Vector128<float>>(compute, inputDim, hiddenDim),
        _ => new FusedGruLayer<Simd1, float>(compute, inputDim, hiddenDim),
    };

    /// <summary>Packs the weights of layer <paramref name="layer"/>; the backward forms only where needed.</summary>
    public void Pack(GruParameters parameters, int layer, bool forTraining)
    {
        float* ih = parameters.WeightIh(layer), hh = parameters.WeightHh(layer);
        Compute.PackTransposed(ih, InputDim, InputDim, gateMajor.Pointer, inputForward);
        Compute.PackTransposed(hh, HiddenDim, HiddenDim, interleaved.Pointer, RecurrentForward);
        SetBiases(parameters.BiasIh(layer), parameters.BiasHh(layer));
        if (!forTraining) return;
        Compute.PackRows(ih, InputDim, InputDim, gateMajor.Pointer, inputBackward);
        Compute.PackRows(hh, HiddenDim, HiddenDim, gateMajor.Pointer, RecurrentBackward);
    }

    /// <summary>All steps of one layer. <paramref name="x"/> is [T·B, E'] or [T·B, H']; States[0] holds the starting state.</summary>
    public void Forward(float* x, int steps, int lanes, GruActivations a)
    {
        if (InPlace) ProjectInPlace(x, steps * lanes, a.Gates.Pointer);
        else Compute.Multiply(x, PaddedInput, steps * lanes, inputForward, a.Gates.Pointer, 3 * PaddedHidden, add: false);
        if (Compute.Bf16 != null)
        {
            HalfRows(ref halfStates, HalfStateStride, 0, lanes);
            for (int i = 0; i < lanes; i++) Bf16.Convert(a.States.Pointer + ((long)i * PaddedHidden), HalfStates(0, lanes) + ((long)i * HalfStateStride), PaddedHidden);
        }

        for (int t = 0; t < steps; t++) StepForward(a, t, lanes);
    }

    /// <summary>All steps backwards. <paramref name="dY"/> [T·B, H'] holds the loss's gradient for each state; gradients are added to
    /// <paramref name="gradients"/>; <paramref name="dX"/> [T·B, E'] receives the input's. <paramref name="carry"/> is [B, H'] scratch;
    /// <paramref name="packedInput"/> and <paramref name="packedState"/> are scratch for the inputs and states as right-hand matrices.</summary>
    public void Backward(
        float* x, float* dY, float* dX, int steps, int lanes, GruActivations a, float* carry, GruParameters gradients, int layer,
        PackedMatrix packedInput, PackedMatrix packedState)
    {
        for (int t = steps - 1; t >= 0; t--) StepBackward(a, dY, carry, t, steps, lanes);
        int tokens = steps * lanes;
        float* gates = a.Gates.Pointer;
        nint stride = 3 * PaddedHidden;
        if (InPlace)
        {
            BackwardInPlace(x, dX, tokens, a, gradients, layer);
            return;
        }

        Compute.Multiply(gates, stride, tokens, inputBackward, dX, PaddedInput, add: false);
        Compute.PackRows(x, PaddedInput, InputDim, null, packedInput);
        Compute.PackRows(a.States.Pointer, PaddedHidden, HiddenDim, null, packedState);
        float* dIh = gradients.WeightIh(layer), dHh = gradients.WeightHh(layer);
        float* dBiasIh = gradients.BiasIh(layer), dBiasHh = gradients.BiasHh(layer);
        for (int g = 0; g < 3; g++)
        {
            float* dGate = gates + (g * PaddedHidden);
            float* dSum = g < 2 ? dGate : a.Recurrent.Pointer;
            nint sumStride = g < 2 ? stride : PaddedHidden;
            Compute.MultiplyTransposed(dGate, stride, HiddenDim, packedInput, dIh + ((long)g * HiddenDim * InputDim), InputDim, add: true);
            Compute.MultiplyTransposed(dSum, sumStride, HiddenDim, packedState, dHh + ((long)g * HiddenDim * HiddenDim), HiddenDim, add: true);
            Compute.SumColumns(dGate, stride, tokens, HiddenDim, dBiasIh + (g * HiddenDim), add: true);
            Compute.SumColumns(dSum, sumStride, tokens, HiddenDim, dBiasHh + (g * HiddenDim), add: true);
        }
    }

    public virtual void Dispose()
    {
        gateMajor.Dispose();
        interleaved.Dispose();
        inputForward.Dispose();
        inputBackward.Dispose();
        RecurrentForward.Dispose();
        RecurrentBackward.Dispose();
        halfStates?.Dispose();
        halfGradients?.Dispose();
        transposedInput.Dispose();
        transposedGates.Dispose();
    }

    /// <summary>Converted states before step <paramref name="t"/>: [B, ·]; null in float32.</summary>
    protected ushort* HalfStates(int t, int lanes) => Compute.Bf16 == null ? null : HalfRows(ref halfStates, HalfStateStride, t, lanes);

    /// <summary>Converted gradients of the gates at step <paramref name="t"/>, [B, dr | dz | dq]; null in float32.</summary>
    protected ushort* HalfGradients(int t, int lanes) => Compute.Bf16 == null ? null : HalfRows(ref halfGradients, HalfGradientStride, t, lanes);

    private static ushort* HalfRows(ref AlignedBuffer<ushort>? rows, int stride, int t, int lanes)
    {
        long length = (long)lanes * stride;
        if (rows == null || rows.Length < 2 * length)
        {
            rows?.Dispose();
            rows = new AlignedBuffer<ushort>(2 * length);
        }

        return rows.Pointer + (t % 2 * length);
    }

    protected abstract void SetBiases(float* ih, float* hh);

    protected abstract void StepForward(GruActivations a, int t, int lanes);

    protected abstract void StepBackward(GruActivations a, float* dY, float* carry, int t, int steps, int lanes);
}

/// <summary>The time steps of <see cref="FusedGruLayer"/> for the vector width <typeparamref name="S"/>.</summary>
internal sealed unsafe partial class FusedGruLayer<S, V> : FusedGruLayer
    where S : struct, ISimd<V>
    where V : unmanaged
{
    // A slice of a panel this deep stays in the second-level cache, beside the next one, while the lanes pass over it.
    private const int DepthSlice = 512;

    // [b_ir + b_hr | b_iz + b_hz | b_in | b_hn], each H' long.
    private readonly AlignedBuffer<float> biases;

    public FusedGruLayer(Compute compute, int inputDim, int hiddenDim)
        : base(compute, inputDim, hiddenDim) => biases = new AlignedBuffer<float>(4L * PaddedHidden);

    public override void Dispose()
    {
        biases.Dispose();
        base.Dispose();
    }

    protected override void SetBiases(float* ih, float* hh)
    {
        for (int j = 0; j < HiddenDim; j++)
        {
            biases.Pointer[j] = ih[j] + hh[j];
            biases.Pointer[PaddedHidden + j] = ih[HiddenDim + j] + hh[HiddenDim + j];
            biases.Pointer[(2 * PaddedHidden) + j] = ih[(2 * HiddenDim) + j];
            biases.Pointer[(3 * PaddedHidden) + j] = hh[(2 * HiddenDim) + j];
        }
    }

    protected override void StepForward(GruActivations a, int t, int lanes)
    {
        long row = (long)t * lanes;
        var job = new ForwardJob
        {
            Weights = InPlace ? RecurrentWeights : Floats(RecurrentForward), InPlace = InPlace, Biases = biases.Pointer, H = HiddenDim, Stride = PaddedHidden, Lanes = lanes,
            Gates = a.Gates.Pointer + (row * 3 * PaddedHidden), Recurrent = a.Recurrent.Pointer + (row * PaddedHidden),
            Before = a.States.Pointer + (row * PaddedHidden), After = a.States.Pointer + ((row + lanes) * PaddedHidden),
            Panels = PaddedHidden / PanelUnits, Units = PanelUnits, Threads = Compute.Team.Count,
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
            Weights = InPlace ? RecurrentWeights : Floats(RecurrentBackward), InPlace = InPlace, H = HiddenDim, Stride = PaddedHidden, Lanes = lanes, Panels = panels, Last = t == steps - 1, Threads = Compute.Team.Count,
            Width = RecurrentBackward.PanelWidth,
            Half = new HalfProduct(Compute, RecurrentBackward, HalfGradients(t + 1, lanes), HalfGradients(t, lanes), HalfGradientStride),
            Gates = a.Gates.Pointer + (row * 3 * PaddedHidden), Recurrent = a.Recurrent.Pointer + (row * PaddedHidden),
            Before = a.States.Pointer + (row * PaddedHidden), DY = dY + (row * PaddedHidden), Carry = carry,
        };
        Run(ref job, panels * ((lanes + BackwardJob.Rows - 1) / BackwardJob.Rows), lanes);
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
            int width = 3 * Units, panel = item % Panels, first = item / Panels * StepRows, rows = Math.Min(StepRows, Lanes - first);

            // One tile more than the rows: a tile writes all of its rows.
            float* sums = stackalloc float[(StepRows + S.TileRows) * width];
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
            float* ahead = Weights + ((nint)((panel + Threads) % Panels) * width * H);
            for (int k = 0; k < H; k += DepthSlice)
            {
                int depth = Math.Min(DepthSlice, H - k);
                var next = new SliceAhead<S, V>(k + depth < H ? weights + ((nint)(k + depth) * width) : ahead, depth);
                for (int i = 0; i < rows; i += S.TileRows)
                {
                    RegisterTile<S, V>.Product(
                        Before + ((nint)(first + i) * Stride) + k, Stride, 1, weights + ((nint)k * width), width, depth, sums + (i * width), width,
                        Math.Min(S.TileRows, rows - i), 3, add: k > 0, next.Part());
                }
            }
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
        // Half of forward's rows: a panel here holds three times the units, and there must be items enough to share out.
        public const int Rows = StepRows / 2;
        public float* Weights, Gates, Recurrent, Before, DY, Carry;
        public HalfProduct Half;
        public int H, Stride, Lanes, Panels, Width, Threads;
        public bool Last, InPlace;

        [SkipLocalsInit]
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            int width = Width, panel = item % Panels, first = item / Panels * Rows, rows = Math.Min(Rows, Lanes - first);
            float* sums = stackalloc float[(Rows + S.TileRows) * width];
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
                float* ahead = Weights + ((nint)((panel + Threads) % Panels) * width * 3 * Stride);
                int k = 0, vectors = Math.Min(3, (Stride / S.Width) - (3 * panel));
                while (k < 3 * Stride)
                {
                    bool inGates = k < 2 * Stride;
                    int depth = Math.Min(DepthSlice, (inGates ? 2 : 3) * Stride - k);
                    nint strideA = inGates ? 3 * Stride : Stride;
                    float* a = inGates ? gatesAfter + k : recurrentAfter + (k - (2 * Stride));
                    var next = new SliceAhead<S, V>(k + depth < 3 * Stride ? weights + ((nint)(k + depth) * width) : ahead, depth);
                    for (int i = 0; i < rows; i += S.TileRows)
                    {
                        RegisterTile<S, V>.Product(
                            a + ((nint)(first + i) * strideA), strideA, 1, weights + ((nint)k * width), width, depth, sums + (i * width), width,
                            Math.Min(S.TileRows, rows - i), vectors, add: k > 0, next.Part());
                    }

                    k += depth;
                }
            }

            int unitEnd = Math.Min(Stride, (panel + 1) * width);
            V one = S.Splat(1f);
            for (int i = 0; i < rows; i++, sums += width)
            {
                nint lane = first + i;
                for (int unit = panel * width; unit < unitEnd; unit += S.Width)
                {
                    float* gates = Gates + (lane * 3 * Stride) + unit;
                    float* recurrent = Recurrent + (lane * Stride) + unit;
                    float* carry = Carry + (lane * Stride) + unit;
                    V d = S.Load(DY + (lane * Stride) + unit);
                    if (!Last) d = S.Add(d, S.Add(S.Load(carry), S.Load(sums + (unit - (panel * width)))));
                    V r = S.Load(gates), z = S.Load(gates + Stride), n = S.Load(gates + (2 * Stride)), q = S.Load(recurrent);
                    V dan = S.Multiply(S.Multiply(d, S.Subtract(one, z)), S.Subtract(one, S.Multiply(n, n)));
                    V daz = S.Multiply(S.Multiply(d, S.Subtract(S.Load(Before + (lane * Stride) + unit), n)), S.Multiply(z, S.Subtract(one, z)));
                    V dar = S.Multiply(S.Multiply(dan, q), S.Multiply(r, S.Subtract(one, r)));
                    S.Store(carry, S.Multiply(d, z));
                    S.Store(gates, dar);
                    S.Store(gates + Stride, daz);
                    S.Store(gates + (2 * Stride), dan);
                    S.Store(recurrent, S.Multiply(dan, r));
                    if (!Half.Used) continue;
                    Half.Keep(gates, lane, unit);
                    Half.Keep(gates + Stride, lane, Stride + unit);
                    Half.Keep(recurrent, lane, (2 * Stride) + unit);
                }
            }
        }
    }
}
