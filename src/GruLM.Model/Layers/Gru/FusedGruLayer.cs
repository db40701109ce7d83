// The GRU layer as it is trained: the equations of GruLayer.cs over whole sequences [T, B, ·], in chunks of steps. The input projection of
// a chunk is one product; a step then costs one pass over the packed recurrent weights, whose panels hold r, z and n of the same units side
// by side, so that an item (what a thread does at a time: a panel for some lanes) goes on with the gates while the sums are in its caches.
// Backwards a panel holds three vectors of units: one pass a step for dh, then a product a gate and chunk for each weight gradient. Gates
// overwrite the projections and their gradients the gates. E' and H' are E and H rounded up to a multiple of 16; padded units have zero
// weights and stay zero. Few tokens read the weights where they lie instead (FewTokens.cs, InPlaceProjection.cs). In bfloat16 a panel is
// three tiles, and each step leaves its states, or the gradients of its gates' sums, converted for the next.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>One GRU layer over sequences, for any vector width. Weights are packed by <see cref="Pack"/> after each change.</summary>
internal abstract unsafe class FusedGruLayer : IDisposable
{
    /// <summary>Most lanes of an item of a step forwards: the sums of one panel then stay in a core's own caches.</summary>
    public const int StepRows = 64;

    /// <summary>Most lanes of an item of a step backwards. A panel has three times the units there: with half as many lanes there are items
    /// enough for all threads.</summary>
    public const int BackwardRows = StepRows / 2;

    // Tokens of a chunk of a sequence, whose gates are still in the last-level cache when the next pass reads them.
    private const int ChunkTokens = 512;

    // Below so many multiply-adds a step another thread would come too late to help.
    private const long SharedStep = 1 << 15;

    private readonly AlignedBuffer<int> _gateMajor;
    private readonly AlignedBuffer<int> _interleaved;
    private readonly PackedMatrix _inputForward;
    private readonly PackedMatrix _inputBackward;
    private readonly InPlaceProjection _inPlace;

    // bfloat16 only: states, or gradients of gates, of the step before and of the step at hand, [2][B][·]. Padding is zero and stays so.
    private AlignedBuffer<ushort>? _halfStates;
    private AlignedBuffer<ushort>? _halfGradients;
    private AlignedBuffer<float> _biasSums = new(0);

    protected FusedGruLayer(Compute compute, int inputDim, int hiddenDim)
    {
        Compute = compute;
        InputDim = inputDim;
        HiddenDim = hiddenDim;
        PaddedInput = Padded(inputDim);
        PaddedHidden = Padded(hiddenDim);
        PanelUnits = compute.Bf16 != null ? Bf16Kernel.PanelWidth / 3 : compute.Width;
        _gateMajor = new AlignedBuffer<int>(3L * PaddedHidden);
        _interleaved = new AlignedBuffer<int>(3L * PaddedHidden);
        for (int g = 0; g < 3; g++)
        {
            for (int j = 0; j < PaddedHidden; j++)
            {
                int row = j < hiddenDim ? (g * hiddenDim) + j : -1;
                int panel = j / PanelUnits, lane = j % PanelUnits;
                _gateMajor.Pointer[(g * PaddedHidden) + j] = row;
                _interleaved.Pointer[(((panel * 3) + g) * PanelUnits) + lane] = row;
            }
        }

        _inputForward = compute.NewPacked(inputDim, 3 * PaddedHidden);
        _inputBackward = compute.NewPacked(3 * PaddedHidden, inputDim);
        RecurrentForward = compute.NewPacked(hiddenDim, 3 * PaddedHidden);
        RecurrentBackward = compute.NewPacked(3 * PaddedHidden, PaddedHidden);
        _inPlace = new InPlaceProjection(compute, inputDim, hiddenDim);
    }

    protected Compute Compute { get; }

    protected int InputDim { get; }

    protected int HiddenDim { get; }

    protected PackedMatrix RecurrentForward { get; }

    protected PackedMatrix RecurrentBackward { get; }

    /// <summary>Units of which a panel of the recurrent weights holds r, z and n.</summary>
    protected int PanelUnits { get; }

    /// <summary>W_hh where it lies; null while packed weights are read.</summary>
    protected float* RecurrentWeights { get; private set; }

    /// <summary>Whether the weights are read where they lie; <see cref="ReadPacked"/> ends that.</summary>
    protected bool InPlace => RecurrentWeights != null;

    protected int HalfStateStride => Bf16Gemm.RowStride(PaddedHidden);

    protected int HalfGradientStride => Bf16Gemm.RowStride(3 * PaddedHidden);

    public int PaddedInput { get; }

    public int PaddedHidden { get; }

    public static int Padded(int units) => (units + 15) / 16 * 16;

    public static FusedGruLayer Create(Compute compute, int inputDim, int hiddenDim) =>
        KernelDispatch.Run<Factory, FusedGruLayer>(compute.Path, new Factory(compute, inputDim, hiddenDim));

    /// <summary>Packs the weights of layer <paramref name="layer"/>; the backward forms only where needed.</summary>
    public void Pack(GruParameters parameters, int layer, bool forTraining)
    {
        float* ih = parameters.WeightIh(layer), hh = parameters.WeightHh(layer);
        Compute.PackTransposed(ih, InputDim, InputDim, _gateMajor.Pointer, _inputForward);
        Compute.PackTransposed(hh, HiddenDim, HiddenDim, _interleaved.Pointer, RecurrentForward);
        SetBiases(parameters.BiasIh(layer), parameters.BiasHh(layer));
        if (!forTraining) return;
        Compute.PackRows(ih, InputDim, InputDim, _gateMajor.Pointer, _inputBackward);
        Compute.PackRows(hh, HiddenDim, HiddenDim, _gateMajor.Pointer, RecurrentBackward);
    }

    /// <summary>Reads the weights of layer <paramref name="layer"/> where they lie from now on, for batches that <see cref="FewTokens"/>
    /// allows.</summary>
    public void ReadInPlace(GruParameters parameters, int layer)
    {
        _inPlace.Weights = parameters.WeightIh(layer);
        RecurrentWeights = parameters.WeightHh(layer);
        SetBiases(parameters.BiasIh(layer), parameters.BiasHh(layer));
    }

    /// <summary>Uses the packed weights again, as they are.</summary>
    public void ReadPacked() => RecurrentWeights = null;

    /// <summary>All steps of one layer. <paramref name="x"/> is [T·B, E'] or [T·B, H']; States[0] holds the starting state.</summary>
    public void Forward(float* x, int steps, int lanes, GruActivations a)
    {
        if (Compute.Bf16 != null)
        {
            HalfRows(ref _halfStates, HalfStateStride, 0, lanes);
            for (int i = 0; i < lanes; i++)
            {
                Bf16.Convert(a.States.Pointer + ((long)i * PaddedHidden), HalfStates(0, lanes) + ((long)i * HalfStateStride), PaddedHidden);
            }
        }

        int stepsAChunk = StepsAChunk(steps, lanes);
        for (int first = 0; first < steps; first += stepsAChunk)
        {
            int end = Math.Min(steps, first + stepsAChunk), tokens = (end - first) * lanes;
            long row = (long)first * lanes;
            float* gates = a.Gates.Pointer + (row * 3 * PaddedHidden);
            if (InPlace) _inPlace.Forward(x, tokens, gates); // So few tokens are one chunk, which begins with the first row.
            else Compute.Multiply(x + (row * PaddedInput), PaddedInput, tokens, _inputForward, gates, 3 * PaddedHidden, add: false);
            for (int t = first; t < end; t++) StepForward(a, t, lanes);
        }
    }

    /// <summary>All steps backwards: to the gradient of what the layer has read, in the pass's DX; adds the gradients of its parameters to
    /// those of <paramref name="layer"/> in <paramref name="gradients"/>.</summary>
    public void Backward(in BackwardPass pass, GruActivations a, GruParameters gradients, int layer)
    {
        PrepareBiasSums(pass.Lanes);
        int stepsAChunk = StepsAChunk(pass.Steps, pass.Lanes);
        for (int first = (pass.Steps - 1) / stepsAChunk * stepsAChunk; first >= 0; first -= stepsAChunk)
        {
            int end = Math.Min(pass.Steps, first + stepsAChunk), tokens = (end - first) * pass.Lanes;
            for (int t = end - 1; t >= first; t--) StepBackward(pass, a, t);
            float* dIh = gradients.WeightIh(layer), dHh = gradients.WeightHh(layer);
            if (InPlace) _inPlace.Backward(pass.X, pass.DX, tokens, a, dIh, dHh);
            else AddGradients(pass, a, (long)first * pass.Lanes, tokens, dIh, dHh);
        }

        AddBiasSums(gradients.BiasIh(layer), gradients.BiasHh(layer), pass.Lanes);
    }

    public virtual void Dispose()
    {
        _gateMajor.Dispose();
        _interleaved.Dispose();
        _inputForward.Dispose();
        _inputBackward.Dispose();
        RecurrentForward.Dispose();
        RecurrentBackward.Dispose();
        _halfStates?.Dispose();
        _halfGradients?.Dispose();
        _biasSums.Dispose();
        _inPlace.Dispose();
    }

    // dX and both weights' gradients of the tokens from row on, whose gates' gradients are known.
    private void AddGradients(in BackwardPass pass, GruActivations a, long row, int tokens, float* dIh, float* dHh)
    {
        float* gates = a.Gates.Pointer + (row * 3 * PaddedHidden), states = a.States.Pointer + (row * PaddedHidden);
        nint stride = 3 * PaddedHidden;
        Compute.Multiply(gates, stride, tokens, _inputBackward, pass.DX + (row * PaddedInput), PaddedInput, add: false);
        pass.PackedInput.Reshape(tokens, InputDim);
        pass.PackedState.Reshape(tokens, HiddenDim);
        Compute.PackRows(pass.X + (row * PaddedInput), PaddedInput, InputDim, null, pass.PackedInput);
        Compute.PackRows(states, PaddedHidden, HiddenDim, null, pass.PackedState);
        for (int g = 0; g < 3; g++)
        {
            float* dGate = gates + (g * PaddedHidden);
            float* dSum = g < 2 ? dGate : a.Recurrent.Pointer + (row * PaddedHidden);
            nint sumStride = g < 2 ? stride : PaddedHidden;
            long ih = (long)g * HiddenDim * InputDim, hh = (long)g * HiddenDim * HiddenDim;
            Compute.MultiplyTransposed(dGate, stride, HiddenDim, pass.PackedInput, dIh + ih, InputDim, add: true);
            Compute.MultiplyTransposed(dSum, sumStride, HiddenDim, pass.PackedState, dHh + hh, HiddenDim, add: true);
        }
    }

    // Equal chunks of steps, each of about so many tokens that its gates are still in the last-level cache when what follows reads them.
    private static int StepsAChunk(int steps, int lanes)
    {
        int chunks = (int)Math.Clamp((((long)steps * lanes) + ChunkTokens - 1) / ChunkTokens, 1, Math.Max(1, steps));
        return Math.Max(1, (steps + chunks - 1) / chunks);
    }

    /// <summary>Converted states before step <paramref name="t"/>: [B, ·]; null in float32.</summary>
    protected ushort* HalfStates(int t, int lanes) => Compute.Bf16 == null ? null : HalfRows(ref _halfStates, HalfStateStride, t, lanes);

    /// <summary>Converted gradients of the gates at step <paramref name="t"/>, [B, dar | daz | dq]; null in float32.</summary>
    protected ushort* HalfGradients(int t, int lanes) => Compute.Bf16 == null
        ? null
        : HalfRows(ref _halfGradients, HalfGradientStride, t, lanes);

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

    // Gradients of biases are sums over steps and lanes; each step adds to those of its units, a block of lanes apart from the others.
    private void PrepareBiasSums(int lanes)
    {
        long length = 4L * PaddedHidden * BiasBlocks(lanes);
        if (_biasSums.Length < length)
        {
            _biasSums.Dispose();
            _biasSums = new AlignedBuffer<float>(length);
        }

        _biasSums.Span.Clear();
    }

    private void AddBiasSums(float* dBiasIh, float* dBiasHh, int lanes)
    {
        for (int block = 0; block < BiasBlocks(lanes); block++)
        {
            float* dar = BiasSums(block), daz = dar + PaddedHidden, dan = daz + PaddedHidden, dq = dan + PaddedHidden;
            for (int j = 0; j < HiddenDim; j++)
            {
                dBiasIh[j] += dar[j];
                dBiasIh[HiddenDim + j] += daz[j];
                dBiasIh[(2 * HiddenDim) + j] += dan[j];
                dBiasHh[j] += dar[j];
                dBiasHh[HiddenDim + j] += daz[j];
                dBiasHh[(2 * HiddenDim) + j] += dq[j];
            }
        }
    }

    /// <summary>Sums of the gradients of gates over steps and the lanes of block <paramref name="block"/>: [dar | daz | dan | dq], each H'
    /// long.</summary>
    protected float* BiasSums(int block) => _biasSums.Pointer + (4L * PaddedHidden * block);

    /// <summary>Blocks of lanes that a step backwards is cut into.</summary>
    protected static int BackwardBlocks(int lanes) => (lanes + BackwardRows - 1) / BackwardRows;

    // A block may be cut once more.
    private static int BiasBlocks(int lanes) => 2 * BackwardBlocks(lanes);

    protected abstract void SetBiases(float* ih, float* hh);

    protected abstract void StepForward(GruActivations a, int t, int lanes);

    protected abstract void StepBackward(in BackwardPass pass, GruActivations a, int t);

    /// <summary>Runs a step's items. In place each thread has the same weights to read at every step, so that they stay in its own caches;
    /// a small step is done by this thread alone.</summary>
    protected void Run<TJob>(ref TJob job, int items, int lanes)
        where TJob : struct, IParallelJob
    {
        if (!InPlace)
        {
            Compute.Team.Run(ref job, items);
            return;
        }

        var shares = new Shares<TJob>
        {
            Job = Unsafe.AsPointer(ref job),
            Items = items,
            Count = 3L * lanes * HiddenDim * HiddenDim >= SharedStep ? Compute.Team.Count : 1,
        };
        Compute.Team.Run(ref shares, shares.Count);
    }

    // A job's items in equal shares, one a thread.
    private struct Shares<TJob> : IParallelJob
        where TJob : struct, IParallelJob
    {
        public void* Job;
        public int Items, Count;

        public readonly void Execute(int item, int thread)
        {
            ref TJob job = ref Unsafe.AsRef<TJob>(Job);
            for (int i = (int)((long)item * Items / Count), end = (int)((item + 1L) * Items / Count); i < end; i++) job.Execute(i, thread);
        }
    }

    private readonly struct Factory(Compute compute, int inputDim, int hiddenDim) : ISimdWork<FusedGruLayer>
    {
        public FusedGruLayer Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged => new VectorGruLayer<S, V>(compute, inputDim, hiddenDim);
    }
}
