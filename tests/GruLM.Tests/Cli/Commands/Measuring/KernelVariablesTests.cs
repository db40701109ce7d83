// The variables of the environment that choose kernels: what they cannot say is one line that tells what they can.

using System.Diagnostics;
using GruLM.Tests.Samples;

namespace GruLM.Tests.Cli;

public sealed class KernelVariablesTests
{
    [Theory]
    [InlineData("GRULM_BF16", "of", "grulm: GRULM_BF16=of: not known; it can be 'off' or 'emulated'")]
    [InlineData("GRULM_KERNELS", "bogus", "grulm: GRULM_KERNELS=bogus is no kernel path; this machine has scalar, ")]
    public async Task What_is_not_known_is_told(string variable, string value, string expected)
    {
        (int code, string error) = await BenchAsync(variable, value);
        Assert.NotEqual(0, code);
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }

    [Theory]
    [InlineData("GRULM_BF16", "OFF")]
    [InlineData("GRULM_BF16", "")]
    [InlineData("GRULM_KERNELS", "Scalar")]
    public async Task What_is_known_is_taken(string variable, string value) =>
        Assert.Equal((0, ""), await BenchAsync(variable, value));

    private static async Task<(int Code, string Error)> BenchAsync(string variable, string value)
    {
        string[] words = "bench train --vocab-size 300 --hidden-dim 8 --bptt 4 --batch-size 2 --steps 1 --json".Split(' ');
        var start = new ProcessStartInfo(SampleProgram.Host, [Path.Combine(AppContext.BaseDirectory, "GruLM.Cli.dll"), .. words])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment[variable] = value;
        start.Environment["GRULM_COMMAND"] = "grulm";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await output;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, error);
    }
}
