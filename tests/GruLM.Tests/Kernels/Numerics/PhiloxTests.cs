// Philox against the known answers of its authors' Random123 library, and the laws that callers rely on.

using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

public class PhiloxTests
{
    // kat_vectors of Random123, philox4x32 10.
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(
        0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu,
        0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(
        0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u,
        0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Rounds_give_the_known_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint x0, uint x1, uint x2, uint x3) =>
        Assert.Equal((x0, x1, x2, x3), Philox.Rounds(c0, c1, c2, c3, k0, k1));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(1000)]
    [InlineData(4096)]
    public void A_permutation_holds_every_number_once_and_depends_on_the_step(int count)
    {
        int[] Order(ulong seed, ulong step)
        {
            var random = new Philox(seed, RandomPurpose.Shuffle);
            return [.. Enumerable.Range(0, count).Select(i => random.Shuffled(i, count, step))];
        }

        int[] first = Order(5, 0);
        Assert.Equal(Enumerable.Range(0, count), first.Order());
        Assert.Equal(first, Order(5, 0));
        if (count < 10) return;
        Assert.NotEqual(first, Order(5, 1));
        Assert.NotEqual(first, Order(6, 0));
    }

    [Fact]
    public void Permutations_put_every_number_everywhere_equally_often_and_move_neighbours_apart()
    {
        const int Count = 20, Steps = 20_000;
        var random = new Philox(7, RandomPurpose.Shuffle);
        int[,] times = new int[Count, Count];
        int stillNeighbours = 0;
        for (ulong step = 0; step < Steps; step++)
        {
            for (int i = 0; i < Count; i++) times[i, random.Shuffled(i, Count, step)]++;
            if (random.Shuffled(4, Count, step) == random.Shuffled(3, Count, step) + 1) stillNeighbours++;
        }

        // Steps / Count is expected of each place, with a deviation of 31; of neighbours Steps / Count too.
        foreach (int n in times) Assert.InRange(n, 850, 1150);
        Assert.InRange(stillNeighbours, 850, 1150);
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
