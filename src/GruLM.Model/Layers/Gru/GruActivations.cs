// What the forward pass of a fused layer leaves for its backward pass. Gates overwrite the input's projections, and gradients the gates,
// so that a token costs 5 H' numbers a layer, H' being H rounded up to a multiple of 16.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Activations of one layer for up to T·B tokens: what forward leaves for backward.</summary>
internal sealed class GruActivations(long tokens, long lanes, int paddedHidden) : IDisposable
{
    /// <summary>Input projections, then gates r, z, n, then their gradients: [T, B, 3, H'].</summary>
    public AlignedBuffer<float> Gates { get; } = new(tokens * 3 * paddedHidden);

    /// <summary>q = W_hn h + b_hn, then its gradient: [T, B, H'].</summary>
    public AlignedBuffer<float> Recurrent { get; } = new(tokens * paddedHidden);

    /// <summary>State before the first step, then after each: [T + 1, B, H'].</summary>
    public AlignedBuffer<float> States { get; } = new((tokens + lanes) * paddedHidden);

    public void Dispose()
    {
        Gates.Dispose();
        Recurrent.Dispose();
        States.Dispose();
    }
}
