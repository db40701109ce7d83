// What each step keeps, against its paper's definition in double precision; numbers on the very edge of a cut may fall on either side.

using FsCheck;
using FsCheck.Fluent;
using GruLM.Generation;
using GruLM.Kernels;

namespace GruLM.Tests.Generation;

public class SamplerLawTests
{
    private const double Edge = 1e-5;

    [Fact]
    public void Top_p_keeps_the_fewest_of_the_likeliest_that_reach_p() => ForAny((scores, share) =>
    {
        Candidates list = Listed(scores);
        list.KeepShare(share);
        double[] p = SoftMax(scores);
        int[] kept = Ids(list);
        Assert.Equal(Likeliest(scores).Take(kept.Length), kept);
        Assert.True(kept.Sum(id => p[id]) >= share - Edge);
        Assert.True(kept.SkipLast(1).Sum(id => p[id]) <= share + Edge);
    });

    [Fact]
    public void Min_p_keeps_those_likely_enough_beside_the_likeliest() => ForAny((scores, share) =>
    {
        Candidates list = Listed(scores);
        list.KeepFrom(list.Max() + ExactLog.Of((float)share));
        double[] p = SoftMax(scores);
        double most = p.Max();
        HashSet<int> kept = [.. Ids(list)];
        for (int id = 0; id < scores.Length; id++)
        {
            double ratio = p[id] / most;
            if (ratio > share * (1 + Edge)) Assert.Contains(id, kept);
            if (ratio < share * (1 - Edge)) Assert.DoesNotContain(id, kept);
        }

        Assert.Equal(kept.Order(), Ids(list));
    });

    [Fact]
    public void Typical_keeps_the_fewest_with_the_most_expected_surprise() => ForAny((scores, share) =>
    {
        Candidates list = Listed(scores);
        list.KeepTypical(share);
        double[] p = SoftMax(scores);
        double entropy = p.Sum(x => x > 0 ? -x * Math.Log(x) : 0);
        double[] off = [.. p.Select(x => Math.Abs(-Math.Log(x) - entropy))];
        int[] kept = Ids(list);
        HashSet<int> all = [.. kept];
        double mass = kept.Sum(id => p[id]), furthest = kept.Max(id => off[id]);
        Assert.True(mass >= share - Edge);
        for (int id = 0; id < scores.Length; id++)
        {
            if (!all.Contains(id)) Assert.True(off[id] >= furthest - Edge);
        }

        // Without those furthest off, too little is left.
        Assert.True(kept.Where(id => off[id] < furthest - Edge).Sum(id => p[id]) <= share + Edge);
    });

    [Fact]
    public void Mirostat_keeps_what_surprises_at_most_so_much() => ForAny((scores, share) =>
    {
        Candidates list = Listed(scores);
        float most = (float)(share * 8);
        list.KeepUnsurprising(most);
        double[] p = SoftMax(scores);
        HashSet<int> kept = [.. Ids(list)];
        Assert.Contains(Likeliest(scores).First(), kept);
        for (int id = 0; id < scores.Length; id++)
        {
            double surprise = -Math.Log(p[id]);
            if (surprise < most - Edge) Assert.Contains(id, kept);
            if (surprise > most + Edge && kept.Count > 1) Assert.DoesNotContain(id, kept);
        }
    });

    [Fact]
    public void Mirostat_brings_texts_to_the_surprise_asked_for()
    {
        // Algorithm 2 beside the sampler, in double precision; without it the scores give 6 to 7 bits.
        float[] scores = [.. Enumerable.Range(0, 400).Select(i => (float)(-1.1 * Math.Log(1 + i)))];
        double[] p = SoftMax(scores), alone = [.. p.Select(x => -Math.Log2(x))];
        foreach (double target in (double[])[2, 3, 4.5])
        {
            var options = new SamplingOptions { Mirostat = 2, MirostatEnt = target, Temperature = 1, Seed = 3 };
            var sampler = new Sampler(options);
            double most = 2 * target, sum = 0;
            for (int i = 0; i < 5000; i++)
            {
                int id = sampler.Sample(scores);
                Assert.True(alone[id] <= Math.Max(most, alone[0]) + 0.02);
                double kept = p.Where((_, other) => alone[other] <= most || other == 0).Sum(), surprise = alone[id] + Math.Log2(kept);
                most -= options.MirostatLr * (surprise - target);
                if (i >= 1000) sum += surprise;
            }

            Assert.InRange(sum / 4000, target - 0.03, target + 0.03);
        }
    }

    [Fact]
    public void Dry_punishes_by_the_length_of_the_repetition()
    {
        // 1 2 3 4 … 1 2 3: token 4 would make three into four; base 2, one token allowed: 0.5 · 2².
        AssertPenalty(4, 2, 0.5f * 4, 1, 2, 3, 4, 9, 1, 2, 3);
        AssertPenalty(4, 2, 0, 1, 2, 3, 4, 9, 1, 2, 7);

        // 7 followed a repetition of one, 8 one of two.
        AssertPenalty(7, 2, 0.5f, 5, 7, 6, 5, 8, 6, 5);
        AssertPenalty(8, 2, 1, 5, 7, 6, 5, 8, 6, 5);

        // Repetitions may overlap: 1 1 1 1 is three ones, repeated.
        AssertPenalty(1, 2, 0.5f * 4, 1, 1, 1, 1);
        AssertPenalty(1, 1000, 1e30f, [.. Enumerable.Repeat(1, 4000)]);

        static void AssertPenalty(int id, double growth, float expected, params int[] text)
        {
            var dry = new DryMemory(new() { DryMultiplier = 0.5, DryBase = growth, DryAllowedLength = 1, RepeatLastN = -1 });
            foreach (int token in text) dry.Accept(token);
            Candidates list = Listed(new float[10]);
            dry.Apply(list);
            Assert.Equal(-expected, list.Scores[id]);
        }
    }

    [Fact]
    public void Edges_keep_what_they_should()
    {
        float[] scores = [1, 3, 2, 3];
        foreach (SamplingOptions one in (SamplingOptions[])
            [new() { TopK = 1 }, new() { TopP = 1e-9 }, new() { Temperature = 1e-6, TopK = 1 }, new() { Temperature = 0, TopK = 0 }])
        {
            var sampler = new Sampler(one);
            for (int i = 0; i < 50; i++) Assert.Equal(1, sampler.Sample(scores));
        }

        // Of equals all are kept by min-p 1, and drawn at the lowest temperature.
        foreach (SamplingOptions both in (SamplingOptions[])[new() { MinP = 1, TopK = 9 }, new() { Temperature = 1e-300, TopK = 0 }])
        {
            var sampler = new Sampler(both);
            Assert.Equal([1, 3], Enumerable.Range(0, 50).Select(_ => sampler.Sample(scores)).Distinct().Order());
        }

        Assert.Equal(0, new Sampler(new()).Sample([-7]));
        Assert.Equal(2, new Sampler(new() { TopK = 0, TopP = 1, MinP = 0 }).Sample(scores, [0, 1, 3]));
        ArgumentException missing = Assert.Throws<ArgumentException>(
            () => new Sampler(new() { LogitBias = new Dictionary<int, float> { [4] = 1 } }).Sample(scores));
        Assert.Contains("'LogitBias' names token 4", missing.Message, StringComparison.Ordinal);
        float[] banned = [float.NegativeInfinity, float.NegativeInfinity];
        foreach (SamplingOptions options in (SamplingOptions[])[new(), new() { Mirostat = 2 }, new() { Temperature = 0 }])
        {
            Assert.Throws<ArgumentException>(() => new Sampler(options).Sample(banned));
        }
    }

    private static void ForAny(Action<float[], double> holds) =>
        Prop.ForAll<PositiveInt>(number =>
        {
            var random = new Random(number.Get);
            float[] scores = RandomScores.Of(random.Next(1, 700), random.Next(1_000_000));
            if (scores.All(float.IsNegativeInfinity)) return;
            holds(scores, 0.01 + (0.98 * random.NextDouble()));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(100_000));

    private static Candidates Listed(float[] scores)
    {
        var list = new Candidates(KernelChoice.Default());
        list.Load(scores);
        return list;
    }

    private static int[] Ids(Candidates list) => [.. Enumerable.Range(0, list.Count).Select(list.Id)];

    private static IEnumerable<int> Likeliest(float[] scores) =>
        Enumerable.Range(0, scores.Length).OrderByDescending(id => scores[id]).ThenBy(id => id);

    private static double[] SoftMax(float[] scores)
    {
        double max = scores.Max();
        double[] weights = [.. scores.Select(x => Math.Exp(x - max))];
        return [.. weights.Select(w => w / weights.Sum())];
    }
}
