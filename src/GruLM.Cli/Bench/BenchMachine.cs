// What a measurement of grulm bench ran on, as its report says it.

using GruLM.Generation;
using GruLM.Kernels;

namespace GruLM.Cli.Bench;

/// <summary>What computed.</summary>
/// <param name="Device">The name of the device.</param>
/// <param name="Description">What it is, in words.</param>
/// <param name="Kernels">Its kernels, in a word or two.</param>
/// <param name="Threads">Threads of this machine that it uses.</param>
/// <param name="UsesBf16">Whether matrices are multiplied in bfloat16.</param>
internal sealed record BenchMachine(string Device, string Description, string Kernels, int Threads, bool UsesBf16)
{
    public static BenchMachine Of(Compute compute, Precision asked)
    {
        string kernels = compute.Path.ToString().ToLowerInvariant();
        return new BenchMachine(
            Devices.Cpu, KernelChoice.Describe(compute, asked), kernels, compute.Team.Count, compute.Bf16 is not null);
    }

    public static BenchMachine Of(string name, IDevice device) =>
        new(name, device.Description, device.Kernels, device.Threads, device.UsesBf16);
}
