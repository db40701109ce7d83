// The same tokens on every kernel path, and those that the plain definition chooses: any settings, any order of the chain, any scores.

using FsCheck;
using FsCheck.Fluent;
using GruLM.Generation;
using GruLM.Kernels;

namespace GruLM.Tests.Generation;

public class SamplerPathTests
{
    private static readonly double[] s_temperatures = [0, 1e-6, 0.3, 0.8, 1, 1.7];
    private static readonly double[] s_shares = [0.05, 0.5, 0.9, 0.999, 1];

    [Fact]
    public void Every_path_chooses_what_the_definition_chooses() =>
        Prop.ForAll<PositiveInt>(number => Check(number.Get * 31)).Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(100_000));

    // The only token that is not forbidden has the least score there is, which a penalty makes −∞.
    [Fact]
    public void A_last_token_that_a_penalty_forbids_is_none() => Check(39513 * 31);

    [Fact]
    public void The_k_largest_are_those_of_a_full_sort()
    {
        Ranking[] rankings = [.. KernelChoice.Available.Select(path => new Ranking(path))];
        var row = new ScoreRow();
        for (int number = 0; number < 2000; number++)
        {
            int count = number % 20 == 0 ? 900 + number : 1 + (number * 7 % 640);
            float[] scores = RandomScores.Of(count, number);
            int[] sorted = [.. Enumerable.Range(0, count).OrderByDescending(i => scores[i]).ThenBy(i => i)];
            row.Reserve(count);
            Assert.True(ScoreLoops.Copy(KernelChoice.Default(), scores, row));
            row.Fill(count);
            foreach (int k in (int[])[1, 2, 40, 96, 97, 384, 385, count - 1, count, count + 1])
            {
                foreach (Ranking ranking in rankings)
                {
                    Assert.True(ranking.Largest(row, count, k).SequenceEqual(sorted.AsSpan(0, Math.Min(k, count))), $"{number}, {k}");
                }
            }
        }
    }

    [Fact]
    public void A_clone_goes_on_as_the_first_would_and_shares_nothing()
    {
        var options = new SamplingOptions
        {
            Mirostat = 2,
            MirostatEnt = 3,
            DryMultiplier = 1,
            RepeatPenalty = 1.2,
            FrequencyPenalty = 0.1,
            RepeatLastN = 9,
            Seed = 4,
        };
        var first = new Sampler(options);
        Write(first, 0, 30);
        Sampler second = first.Clone();
        int[] expected = Write(first, 30, 30);
        Write(first, 3, 7);
        Assert.Equal(expected, Write(second, 30, 30));
        second.Reset();
        Assert.Equal(Write(new Sampler(options), 0, 20), Write(second, 0, 20));
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        SamplingOptions[] all =
        [
            new(), new() { TopK = 0, Typical = 0.9 }, new() { TopK = 0, TopP = 1, MinP = 0 }, new() { Mirostat = 2 },
            new() { RepeatPenalty = 1.1, DryMultiplier = 1 }, new() { Temperature = 0 },
        ];
        float[][] scores = [.. Enumerable.Range(0, 8).Select(i => RandomScores.Of(1000, i))];
        foreach (SamplingOptions options in all)
        {
            var sampler = new Sampler(options);
            for (int i = 0; i < 300; i++) sampler.Accept(sampler.Sample(scores[i % 8]));
            long allocated = Allocations.Of(() =>
            {
                for (int i = 0; i < 1000; i++) sampler.Accept(sampler.Sample(scores[i % 8]) % 100);
            });
            Assert.InRange(allocated, 0, options.RepeatPenalty > 1 ? 20_000 : 0);
        }
    }

    private static int[] Write(Sampler sampler, int from, int count)
    {
        int[] ids = new int[count];
        for (int i = 0; i < count; i++)
        {
            ids[i] = sampler.Sample(RandomScores.Of(60, (from + i) * 8));
            sampler.Accept(ids[i]);
        }

        return ids;
    }

    private static void Check(int number)
    {
        var random = new Random(number);
        SamplingOptions options = Any(random);
        int count = random.Next(4) switch { 0 => random.Next(1, 20), 1 => random.Next(20, 200), _ => random.Next(200, 1200) };
        var plain = new PlainSampler(options);
        Sampler[] samplers = [.. KernelChoice.Available.Select(path => new Sampler(options, path))];
        for (int i = 0; i < 12; i++)
        {
            float[] scores = RandomScores.Of(count, random.Next(1_000_000));
            int[] forbidden = [.. Enumerable.Range(0, random.Next(3)).Select(_ => random.Next(-1, count + 1))];
            if (scores.Where((_, id) => !forbidden.Contains(id)).All(float.IsNegativeInfinity)) continue;
            int expected;
            try
            {
                expected = plain.Sample(scores, forbidden);
            }
            catch (ArgumentException)
            {
                foreach (Sampler sampler in samplers) Assert.Throws<ArgumentException>(() => sampler.Sample(scores, forbidden));
                return;
            }

            foreach (Sampler sampler in samplers) Assert.Equal(expected, sampler.Sample(scores, forbidden));

            // Few different tokens, so that there are repetitions.
            int read = i % 4 == 3 ? expected : random.Next(3);
            plain.Accept(read);
            foreach (Sampler sampler in samplers) sampler.Accept(read);
        }
    }

    private static SamplingOptions Any(Random random)
    {
        SamplerKind[] chain = [.. Enum.GetValues<SamplerKind>()];
        if (random.Next(2) == 0) random.Shuffle(chain);
        if (random.Next(4) == 0) chain = [.. chain, .. chain.Take(3)];
        return new()
        {
            Temperature = s_temperatures[random.Next(s_temperatures.Length)],
            TopK = random.Next(3) == 0 ? 0 : random.Next(1, 500),
            TopP = s_shares[random.Next(s_shares.Length)],
            MinP = random.Next(2) * random.NextDouble(),
            Typical = s_shares[random.Next(s_shares.Length)],
            RepeatPenalty = random.Next(2) == 0 ? 1 : 0.5 + random.NextDouble(),
            RepeatLastN = random.Next(-1, 9),
            PresencePenalty = random.Next(2) * (random.NextDouble() - 0.3),
            FrequencyPenalty = random.Next(2) * random.NextDouble(),
            DryMultiplier = random.Next(2) * random.NextDouble() * 3,
            DryBase = 1 + random.NextDouble(),
            DryAllowedLength = random.Next(1, 4),
            Mirostat = random.Next(4) == 0 ? 2 : 0,
            MirostatEnt = random.NextDouble() * 8,
            MirostatLr = random.NextDouble(),
            Seed = (ulong)random.NextInt64(),
            Samplers = chain,
        };
    }
}
