// The fused layer for one vector width: what a time step works on. The steps themselves are ForwardStep.cs and BackwardStep.cs;
// FusedGruLayer.cs tells how a sequence is put together.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary><see cref="FusedGruLayer"/> for the vector width <typeparamref name="S"/>.</summary>
internal sealed unsafe class VectorGruLayer<S, V> : FusedGruLayer
    where S : struct, ISimd<V>
    where V : unmanaged
{
    // [b_ir + b_hr | b_iz + b_hz | b_in | b_hn], each H' long.
    private readonly AlignedBuffer<float> _biases;

    public VectorGruLayer(Compute compute, int inputDim, int hiddenDim)
        : base(compute, inputDim, hiddenDim) => _biases = new AlignedBuffer<float>(4L * PaddedHidden);

    public override void Dispose()
    {
        _biases.Dispose();
        base.Dispose();
    }

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
        var job = new ForwardStep<S, V>
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
            Bf16 = new Bf16Step<S, V>(Compute, RecurrentForward, HalfStates(t, lanes), HalfStates(t + 1, lanes), HalfStateStride),
        };
        Run(ref job, job.Panels * ((lanes + StepRows - 1) / StepRows), lanes);
    }

    protected override void StepBackward(in BackwardPass pass, GruActivations a, int t)
    {
        int lanes = pass.Lanes;
        long row = (long)t * lanes;
        int panels = RecurrentBackward.Panels;
        var job = new BackwardStep<S, V>
        {
            Weights = InPlace ? RecurrentWeights : Floats(RecurrentBackward),
            InPlace = InPlace,
            H = HiddenDim,
            Stride = PaddedHidden,
            Lanes = lanes,
            Panels = panels,
            Last = t == pass.Steps - 1,
            Threads = Compute.Team.Count,
            Width = RecurrentBackward.PanelWidth,
            Bf16 = new Bf16Step<S, V>(Compute, RecurrentBackward, HalfGradients(t + 1, lanes), HalfGradients(t, lanes), HalfGradientStride),
            Gates = a.Gates.Pointer + (row * 3 * PaddedHidden),
            Recurrent = a.Recurrent.Pointer + (row * PaddedHidden),
            Before = a.States.Pointer + (row * PaddedHidden),
            DY = pass.DY + (row * PaddedHidden),
            Carry = pass.Carry,
            BiasSums = BiasSums(0),
        };
        Run(ref job, job.ItemsABlock * BackwardBlocks(lanes), lanes);
    }

    private static float* Floats(PackedMatrix weights) => weights.Bf16 == null ? weights.Panel(0) : null;
}
