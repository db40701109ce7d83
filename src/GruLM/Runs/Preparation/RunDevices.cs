// What a run computes on: the device that its settings name, alone or together with other processes, and beside it one for figures that
// people compare with those of evaluating the folder, which computes in float32.

using GruLM.Generation;
using GruLM.Kernels;

namespace GruLM;

/// <summary>The devices of a run. Used by one thread at a time.</summary>
internal sealed class RunDevices : IDisposable
{
    private readonly IDevice? _exact;
    private bool _disposed;

    /// <summary>Opens what <paramref name="settings"/> ask for.</summary>
    /// <exception cref="ArgumentException">There is no such device, or its options make no sense.</exception>
    /// <exception cref="IOException">This machine has no such device.</exception>
    public RunDevices(TrainingSettings settings, RunRanks ranks)
    {
        var told = new DeviceOptions(ranks.Threads(settings.Threads) ?? 0, settings.Precision);
        Device = Devices.Open(settings.Device, told, StartingModel.Sizes(SettingsDecided.Options(settings)));
        Precision = Device.UsesBf16 ? Precision.Bf16 : Precision.Fp32;
        Training = ranks.Together(Device, settings.Wire);
        _exact = Devices.ExactBeside(Device);
    }

    /// <summary>The device of this process.</summary>
    public IDevice Device { get; }

    /// <summary>What <see cref="TrainingSettings.Precision"/> came to on it. Can be asked for when all is disposed.</summary>
    public Precision Precision { get; }

    /// <summary>The device together with those of other processes.</summary>
    public IDevice Training { get; }

    /// <summary>What computes figures as evaluating the folder does.</summary>
    public IDevice Judging => _exact ?? Device;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _exact?.Dispose();
        Device.Dispose();
    }
}
