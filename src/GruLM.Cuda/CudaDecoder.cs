// Decoding on a card for the other projects: sessions are made here, and each reads its own tokens.

using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Sessions of one model on a card; the parameters stay the caller's, and what they are on the card is the device's.</summary>
internal sealed class CudaDecoder(GruConfig config, Func<IDecodingSession> create) : IDecoder
{
    /// <inheritdoc/>
    public GruConfig Config => config;

    /// <inheritdoc/>
    public WeightFormat Weights => WeightFormat.Fp32;

    /// <inheritdoc/>
    public IDecodingSession CreateSession() => create();

    /// <inheritdoc/>
    public void Dispose()
    {
        // Sessions own what they need.
    }
}
