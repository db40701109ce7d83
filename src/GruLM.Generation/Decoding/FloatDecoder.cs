// Decoding in float32: sessions that read the model's own weights in place, which may change between two tokens, as they do in training.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Generation;

/// <summary>Sessions over parameters in float32; parameters and compute stay the caller's.</summary>
public sealed class FloatDecoder(GruParameters parameters, Compute compute) : IDecoder
{
    /// <inheritdoc/>
    public GruConfig Config => parameters.Config;

    /// <inheritdoc/>
    public WeightFormat Weights => WeightFormat.Fp32;

    /// <inheritdoc/>
    public IDecodingSession CreateSession() => new DecodingSession(parameters, compute);

    /// <inheritdoc/>
    public void Share(int count, Action<int> work) => SharedWork.Run(compute.Team, count, work);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Sessions own what they need, and parameters are the caller's.
    }
}
