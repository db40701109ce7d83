// Philox against the known answers of its authors' Random123 library, and the laws that callers rely on.

using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

public class PhiloxTests
{
    // kat_vectors of Random123, philox4x32 10.
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Rounds_give_the_known_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint x0, uint x1, uint x2, uint x3) =>
        Assert.Equal((x0, x1, x2, x3), Philox.Rounds(c0, c1, c2, c3, k0, k1));

    [Fact]
    public void A_permutation_holds_every_index_once_and_depends_on_the_step()
    {
        var random = new Philox(5, RandomPurpose.Shuffle);
        var first = random.Permutation(1000, 0);
        Assert.Equal(Enumerable.Range(0, 1000), first.Order());
        Assert.NotEqual(first, random.Permutation(1000, 1));
        Assert.Equal(first, new Philox(5, RandomPurpose.Shuffle).Permutation(1000, 0));
        Assert.NotEqual(first, new Philox(6, RandomPurpose.Shuffle).Permutation(1000, 0));
    }

    [Fact]
    public void Normal_numbers_have_mean_zero_and_variance_one()
    {
        var random = new Philox(1, RandomPurpose.Initialisation);
        double sum = 0, squares = 0;
        const int Count = 100_000;
        for (ulong i = 0; i < Count; i++)
        {
            double x = random.Normal(0, i);
            sum += x;
            squares += x * x;
        }

        Assert.InRange(sum / Count, -0.02, 0.02);
        Assert.InRange(squares / Count, 0.98, 1.02);
    }

    [Fact]
    public void Purposes_are_separate_streams() =>
        Assert.NotEqual(new Philox(1, RandomPurpose.Dropout).Words(0, 0), new Philox(1, RandomPurpose.Sampling).Words(0, 0));
}
