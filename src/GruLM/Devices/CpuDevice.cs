// This machine's processor as a device.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM;

/// <summary>Computes on the processor.</summary>
internal sealed class CpuDevice(DeviceOptions options) : IDevice
{
    private readonly Compute _compute = Compute.Create(options.Threads, options.Precision);

    public string Description => KernelChoice.Describe(_compute, options.Precision);

    public string Kernels => $"{_compute.Path} {(UsesBf16 ? $"bf16 {Bf16Machine.Description}" : "fp32")}".ToLowerInvariant();

    public int Threads => _compute.Threads;

    public bool UsesBf16 => _compute.UsesBf16;

    public bool HasInt8 => true;

    public ITrainableModel CreateModel(GruConfig config, ModelOptions options) => GruLanguageModel.Create(config, _compute, options);

    public ITrainableModel CreateModel(GruParameters parameters, ModelOptions options) =>
        new GruLanguageModel(parameters, _compute, options);

    public IDecoder CreateDecoder(GruParameters parameters, WeightFormat weights) => weights == WeightFormat.Int8
        ? new Int8Decoder(parameters, _compute)
        : new FloatDecoder(parameters, _compute);

    public void Dispose() => _compute.Dispose();
}
