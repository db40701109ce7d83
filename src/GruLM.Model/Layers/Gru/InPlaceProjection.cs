// The input projection for few tokens in few lanes, a line of text at a time: packing weights would take longer than using them, so
// products are computed from W_ih and W_hh where they lie. Projections are made transposed, W_ih Xᵀ, because then the weights are the side
// that is read in place by rows. float32 only. The steps read W_hh in place too: ForwardStep.cs, BackwardStep.cs.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Products of a GRU layer with weights that lie where the parameters are, for batches that <see cref="FewTokens"/>
/// allows.</summary>
internal sealed unsafe class InPlaceProjection(Compute compute, int inputDim, int hiddenDim) : IDisposable
{
    private readonly AlignedBuffer<float> _input = new((long)FewTokens.Most * inputDim);
    private readonly AlignedBuffer<float> _gates = new(3L * FewTokens.Most * hiddenDim);
    private readonly int _paddedInput = FusedGruLayer.Padded(inputDim);
    private readonly int _paddedHidden = FusedGruLayer.Padded(hiddenDim);

    /// <summary>The input weights W_ih [3H, E].</summary>
    public float* Weights { get; set; }

    /// <summary>From x [N, E'] to the input's share of the gates [N, 3H'].</summary>
    public void Forward(float* x, int tokens, float* gates)
    {
        int padded = FusedGruLayer.Padded(tokens);
        float* input = _input.Pointer, projected = _gates.Pointer;
        compute.Transpose(x, _paddedInput, tokens, inputDim, input, padded);
        compute.MultiplyInPlace(Weights, inputDim, 1, 3 * hiddenDim, inputDim, input, padded, tokens, projected, padded, add: false);
        for (int g = 0; g < 3; g++)
        {
            float* gate = gates + (g * _paddedHidden);
            compute.Transpose(projected + ((long)g * hiddenDim * padded), padded, hiddenDim, tokens, gate, 3 * _paddedHidden);
            for (int i = 0; i < tokens; i++)
            {
                new Span<float>(gate + ((long)i * 3 * _paddedHidden) + hiddenDim, _paddedHidden - hiddenDim).Clear();
            }
        }
    }

    /// <summary>From the gates' gradients in <paramref name="a"/> to dX [N, E']; adds to the gradients of both weights.</summary>
    public void Backward(float* x, float* dX, int tokens, GruActivations a, float* dIh, float* dHh)
    {
        nint stride = 3 * _paddedHidden;
        for (int g = 0; g < 3; g++)
        {
            float* dGate = a.Gates.Pointer + (g * _paddedHidden);
            float* dSum = g < 2 ? dGate : a.Recurrent.Pointer;
            nint sumStride = g < 2 ? stride : _paddedHidden;
            long ih = (long)g * hiddenDim * inputDim, hh = (long)g * hiddenDim * hiddenDim;
            compute.MultiplyInPlace(dGate, stride, 1, tokens, hiddenDim, Weights + ih, inputDim, inputDim, dX, _paddedInput, add: g > 0);
            compute.MultiplyInPlace(dGate, 1, stride, hiddenDim, tokens, x, _paddedInput, inputDim, dIh + ih, inputDim, add: true);
            compute.MultiplyInPlace(
                dSum, 1, sumStride, hiddenDim, tokens, a.States.Pointer, _paddedHidden, hiddenDim, dHh + hh, hiddenDim, add: true);
        }
    }

    public void Dispose()
    {
        _input.Dispose();
        _gates.Dispose();
    }
}
