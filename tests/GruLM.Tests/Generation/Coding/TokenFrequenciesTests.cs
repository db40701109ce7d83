// Frequencies of tokens: in the proportions of the soft-max, the same on every kernel path, with sums that agree with each other.

using FsCheck;
using FsCheck.Fluent;
using GruLM.Generation;
using GruLM.Kernels;

namespace GruLM.Tests;

public sealed class TokenFrequenciesTests
{
    [Fact]
    public void Sums_agree_and_all_paths_give_the_same()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            float[] scores = Scores(seed);
            ulong[] first = Frequencies(KernelPath.Scalar, scores);
            foreach (KernelPath path in KernelChoice.Available) Assert.Equal(first, Frequencies(path, scores));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Shares_are_those_of_the_soft_max()
    {
        float[] scores = Scores(11);
        var frequencies = new TokenFrequencies();
        frequencies.Set(scores);
        double most = scores.Max(), total = scores.Sum(score => Math.Exp(score - most));
        for (int id = 0; id < scores.Length; id++)
        {
            double share = Math.Exp(scores[id] - most) / total, own = frequencies.Of(id) / (double)frequencies.Total;
            Assert.InRange(own, (share * (1 - 1e-6)) - 1e-9, (share * (1 + 1e-6)) + 1e-9);
        }
    }

    [Fact]
    public void Everything_is_possible_and_the_total_fits()
    {
        var frequencies = new TokenFrequencies();
        frequencies.Set([0, float.NegativeInfinity, -1000, float.MinValue]);
        Assert.Equal([(1UL << 30) + 1, 1, 1, 1], Enumerable.Range(0, 4).Select(frequencies.Of));
        frequencies.Set(new float[1 << 17]);
        Assert.Equal(((1UL << 30) + 1) << 17, frequencies.Total);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Scores_that_are_no_numbers_are_refused(float wrong)
    {
        foreach (KernelPath path in KernelChoice.Available)
        {
            var frequencies = new TokenFrequencies(path);
            foreach (int place in (int[])[0, 31, 63, 69])
            {
                float[] scores = new float[70];
                scores[place] = wrong;
                Assert.Throws<InvalidDataException>(() => frequencies.Set(scores));
            }

            Assert.Throws<InvalidDataException>(() => frequencies.Set([float.NegativeInfinity, float.NegativeInfinity]));
            Assert.Throws<InvalidDataException>(() => frequencies.Set([]));
        }
    }

    // All frequencies, by three ways that must agree.
    private static ulong[] Frequencies(KernelPath path, float[] scores)
    {
        var frequencies = new TokenFrequencies(path);
        frequencies.Set(scores);
        ulong[] all = [.. Enumerable.Range(0, scores.Length).Select(frequencies.Of)];
        ulong sum = 0;
        for (int id = 0; id < all.Length; id++)
        {
            Assert.Equal(sum, frequencies.Before(id));
            foreach (ulong place in (ulong[])[sum, sum + (all[id] / 2), sum + all[id] - 1])
            {
                Assert.Equal((id, sum), (frequencies.Find(place, out ulong before), before));
            }

            sum += all[id];
        }

        Assert.Equal(sum, frequencies.Total);
        Assert.Equal(sum, frequencies.Before(all.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => frequencies.Find(sum, out _));
        return all;
    }

    private static float[] Scores(int seed)
    {
        var random = new Random(seed);
        double spread = Math.Exp(random.Next(-3, 5));
        return [.. Enumerable.Range(0, random.Next(1, 400)).Select(_ => (float)(spread * (random.NextDouble() - 0.5)))];
    }
}
