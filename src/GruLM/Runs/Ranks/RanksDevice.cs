// A device whose models are trained by several processes together; everything else is each process's own.

using GruLM.Distributed;
using GruLM.Generation;
using GruLM.Model;

namespace GruLM;

/// <summary>Makes models that <paramref name="group"/> trains together; gradients travel in bfloat16 where
/// <paramref name="isBf16"/>. <paramref name="device"/> stays the caller's.</summary>
internal sealed class RanksDevice(IDevice device, RankGroup group, bool isBf16) : IDevice
{
    /// <inheritdoc/>
    public string Description => device.Description;

    /// <inheritdoc/>
    public string Kernels => device.Kernels;

    /// <inheritdoc/>
    public int Threads => device.Threads;

    /// <inheritdoc/>
    public bool UsesBf16 => device.UsesBf16;

    /// <inheritdoc/>
    public bool HasInt8 => device.HasInt8;

    /// <inheritdoc/>
    public ITrainableModel CreateModel(GruConfig config, ModelOptions options) =>
        group.Together(device.CreateModel(config, options), isBf16);

    /// <inheritdoc/>
    public ITrainableModel CreateModel(GruParameters parameters, ModelOptions options) =>
        group.Together(device.CreateModel(parameters, options), isBf16);

    /// <inheritdoc/>
    public IDecoder CreateDecoder(GruParameters parameters, WeightFormat weights) => device.CreateDecoder(parameters, weights);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
