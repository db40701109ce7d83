// What masks of dropout do to numbers: what is dropped is zero, what is kept is scaled by 1 / (1 - p), in every kind of mask.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Model;

public sealed unsafe class DropoutTests
{
    private const int Length = 1 << 12;
    private const double Probability = 0.25;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_kept_is_scaled_so_that_the_mean_stays(bool locked)
    {
        const int Steps = 3;
        using var compute = Compute.Create(1, Precision.Fp32);
        using AlignedBuffer<float> x = new(Length * Steps), mask = new(Length * Steps), y = new(Length * Steps);
        x.Span.Fill(2);
        var draw = new DropoutDraw(new Philox(7, RandomPurpose.Dropout), Probability, 5, 1);
        if (locked) Dropout.LockedForward(compute, draw, x.Pointer, mask.Pointer, y.Pointer, Length, Steps);
        else Dropout.Forward(compute, draw, x.Pointer, mask.Pointer, y.Pointer, Length * Steps);
        float kept = 2 * (float)(1 / (1 - Probability));
        Assert.All(y.Span.ToArray(), value => Assert.True(value == 0 || value == kept, $"{value}"));
        Assert.InRange(y.Span.ToArray().Average(), 1.95, 2.05);
        bool stepsAreAlike = y.Slice(0, Length).SequenceEqual(y.Slice(Length, Length));
        Assert.Equal(locked, stepsAreAlike);
    }
}
