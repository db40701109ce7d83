// Devices by name: the processor is there, others can be registered, and what nobody registered is refused.

using GruLM.Generation;

namespace GruLM.Tests;

public sealed class DevicesTests
{
    [Fact]
    public void The_processor_is_there_and_computes_on_as_many_threads_as_it_is_told()
    {
        Assert.Contains(Devices.Cpu, Devices.Names);
        using IDevice device = Devices.Open(Devices.Cpu, new DeviceOptions(Threads: 2));
        Assert.Equal(2, device.Threads);
        Assert.StartsWith("2 threads, ", device.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_registered_device_is_opened_with_what_it_is_told()
    {
        DeviceOptions? told = null;
        Devices.Register("test-card", options =>
        {
            told = options;
            return new CpuDevice(options);
        });
        using IDevice device = Devices.Open("test-card", new DeviceOptions(Threads: 1));
        Assert.Equal(1, told!.Threads);
        Assert.Contains("test-card", Devices.Names);
    }

    [Fact]
    public void What_nobody_registered_is_refused_with_the_names_there_are()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Devices.Open("abacus"));
        Assert.Contains("there is no device 'abacus'; known are cpu", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Devices.Open(Devices.Cpu, new DeviceOptions(Threads: -1)));
    }
}
