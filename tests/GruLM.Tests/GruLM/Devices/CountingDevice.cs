// A device that computes as the processor does and counts what is asked of it, registered under a name of its own: with it a test sees
// whether something computes on the device that it was told.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests;

/// <summary>A device that counts.</summary>
internal sealed class CountingDevice : IDevice
{
    private static int s_names;
    private readonly DeviceOptions _options;
    private readonly CpuDevice _processor;
    private readonly Counts _counts;

    private CountingDevice(DeviceOptions options, Counts counts)
    {
        (_options, _counts) = (options, counts);
        _processor = new CpuDevice(options);
        counts.Opened++;
        counts.Options = options;
    }

    public string Description => $"a counting device, {_options.Precision}";

    public string Kernels => "counting fp32";

    public int Threads => _processor.Threads;

    public bool UsesBf16 => _options.Precision != Precision.Fp32;

    /// <summary>Registers such a device under a new name.</summary>
    public static Counts Register()
    {
        var counts = new Counts($"counting-{Interlocked.Increment(ref s_names)}");
        Devices.Register(counts.Name, options => new CountingDevice(options, counts));
        return counts;
    }

    public ITrainableModel CreateModel(GruConfig config, ModelOptions options)
    {
        _counts.Models++;
        return _processor.CreateModel(config, options);
    }

    public ITrainableModel CreateModel(GruParameters parameters, ModelOptions options)
    {
        _counts.Models++;
        return _processor.CreateModel(parameters, options);
    }

    public IDecoder CreateDecoder(GruParameters parameters, WeightFormat weights)
    {
        _counts.Sessions++;
        return _processor.CreateDecoder(parameters, weights);
    }

    public void Dispose()
    {
        _counts.Disposed++;
        _processor.Dispose();
    }

    /// <summary>What was asked of the devices of one name.</summary>
    internal sealed class Counts(string name)
    {
        public string Name => name;

        public int Opened { get; set; }

        public int Disposed { get; set; }

        public int Models { get; set; }

        public int Sessions { get; set; }

        public DeviceOptions? Options { get; set; }
    }
}
