// Which precision is meant, on a machine that has tiles: they are a path that no processor has run yet, so none gets them unasked.
using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

public sealed class PrecisionTests
{
    [Theory]
    [InlineData(Precision.Auto, false, false, false)]
    [InlineData(Precision.Auto, false, true, false)]
    [InlineData(Precision.Auto, true, false, true)]
    [InlineData(Precision.Fp32, false, false, false)]
    [InlineData(Precision.Fp32, true, false, false)]
    [InlineData(Precision.Bf16, false, false, true)]
    [InlineData(Precision.Bf16, true, false, true)]
    [InlineData(Precision.Bf16, false, true, false)]
    public void Tiles_are_taken_when_asked_for(Precision precision, bool forcesTiles, bool forcesAnotherPath, bool expected) =>
        Assert.Equal(expected, KernelChoice.MeansBf16(precision, forcesTiles, forcesAnotherPath));

    [Fact]
    public void Auto_is_float32_here()
    {
        if (Environment.GetEnvironmentVariable(KernelChoice.Variable) is null)
        {
            Assert.False(KernelChoice.UsesBf16(Precision.Auto));
            using var compute = Compute.Create(threads: 1, Precision.Auto);
            Assert.Null(compute.Bf16);
            Assert.EndsWith(", fp32", KernelChoice.Describe(compute), StringComparison.Ordinal);
        }
    }
}
