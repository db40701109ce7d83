// Which precision is meant, on a machine that has bfloat16: unasked only on instructions that were proved.
using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

public sealed class PrecisionTests
{
    [Theory]
    [InlineData(Precision.Auto, false, false, false, false)]
    [InlineData(Precision.Auto, false, false, true, true)]
    [InlineData(Precision.Auto, false, true, true, false)]
    [InlineData(Precision.Auto, true, false, false, true)]
    [InlineData(Precision.Fp32, false, false, true, false)]
    [InlineData(Precision.Fp32, true, false, true, false)]
    [InlineData(Precision.Bf16, false, false, false, true)]
    [InlineData(Precision.Bf16, true, false, false, true)]
    [InlineData(Precision.Bf16, false, true, true, false)]
    public void What_was_proved_is_taken_unasked(
        Precision precision, bool forcesBf16, bool forcesAnotherPath, bool isProved, bool expected) =>
        Assert.Equal(expected, KernelChoice.MeansBf16(precision, forcesBf16, forcesAnotherPath, isProved));

    [Fact]
    public void Auto_is_what_was_proved_here()
    {
        if (Environment.GetEnvironmentVariable(KernelChoice.Variable) is null)
        {
            Assert.Equal(Bf16Machine.IsProved, KernelChoice.UsesBf16(Precision.Auto));
            using var compute = Compute.Create(threads: 1, Precision.Auto);
            Assert.Equal(Bf16Machine.IsProved, compute.UsesBf16);
            string expected = Bf16Machine.IsProved ? ", bf16 on AVX512-BF16" : ", fp32";
            Assert.EndsWith(expected, KernelChoice.Describe(compute), StringComparison.Ordinal);
        }
    }
}
