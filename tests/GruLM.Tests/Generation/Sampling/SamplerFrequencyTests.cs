// A million draws for each of several settings have the frequencies that the probabilities say: Pearson's chi-square, and golden cases that
// other machines can be compared with.

using GruLM.Generation;
using GruLM.Kernels;

namespace GruLM.Tests.Generation;

public class SamplerFrequencyTests
{
    private static readonly SamplingOptions s_all = new() { TopK = 0, TopP = 1, MinP = 0, Temperature = 1 };

    public static TheoryData<string, SamplingOptions> Settings => new()
    {
        { "all", s_all },
        { "cold", s_all with { Temperature = 0.6, Seed = 1 } },
        { "top-k", s_all with { TopK = 17, Seed = 2 } },
        { "default", new() { Seed = 3 } },
        { "typical", s_all with { Typical = 0.7, Temperature = 1.5, Seed = 4 } },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void A_million_draws_follow_the_probabilities(string name, SamplingOptions options)
    {
        const int Draws = 1_000_000;
        float[] scores = [.. Enumerable.Range(0, 60).Select(i => (float)(-0.05 * (i * 7 % 60)))];
        double[] expected = Probabilities(scores, options);
        var sampler = new Sampler(options);
        int[] counts = new int[scores.Length];
        for (int i = 0; i < Draws; i++) counts[sampler.Sample(scores)]++;
        double chi = 0;
        int free = -1;
        for (int id = 0; id < scores.Length; id++)
        {
            if (expected[id] == 0)
            {
                Assert.True(counts[id] == 0, $"{name}: {id} was cut");
                continue;
            }

            double mean = expected[id] * Draws;
            chi += (counts[id] - mean) * (counts[id] - mean) / mean;
            free++;
        }

        // Four standard deviations above the mean of the distribution; the seeds are fixed.
        Assert.True(free > 3 && chi < free + (4 * Math.Sqrt(2 * free)), $"{name}: chi-square {chi} at {free} degrees of freedom");
    }

    [Fact]
    public void Draws_depend_on_the_seed_and_their_number_alone()
    {
        float[] flat = new float[1000];
        var one = new Sampler(s_all with { Seed = 9 });
        var other = new Sampler(s_all with { Seed = 9 });
        for (int i = 0; i < 50; i++)
        {
            // Draws before this one fell on other scores.
            int expected = one.Sample(flat);
            Assert.Equal(expected, i % 2 == 0 ? other.Sample(flat) : expected);
            if (i % 2 != 0) other.Sample([0, 1, 2]);
        }
    }

    [Fact]
    public void Golden_cases_are_the_same_on_every_machine_and_path()
    {
        (string Name, SamplingOptions Options, string Ids)[] cases =
        [
            ("default", new() { Seed = 1 },
                "37 294 100 97 199 1 2 97 269 29 174 312 70 155 217 126"),
            ("all", s_all with { Seed = 2 },
                "250 213 103 281 240 217 300 3 161 112 146 2 204 129 15 164"),
            ("top-p", s_all with { TopP = 0.9, Seed = 3 },
                "68 294 314 215 157 32 293 197 161 1 137 70 248 310 34 3"),
            ("min-p", s_all with { MinP = 0.02, Temperature = 1.3, Seed = 4 },
                "116 110 33 186 240 45 151 319 235 265 315 3 300 213 198 189"),
            ("typical", s_all with { Typical = 0.8, Seed = 5 },
                "210 110 199 253 288 213 68 3 296 4 115 286 86 263 184 209"),
            ("penalties", new() { RepeatPenalty = 1.3, PresencePenalty = 0.2, FrequencyPenalty = 0.1, RepeatLastN = 8, Seed = 6 },
                "250 1 199 225 168 159 300 185 132 191 2 307 27 155 209 4"),
            ("dry", new() { DryMultiplier = 0.8, RepeatLastN = -1, TopK = 3, Seed = 7 },
                "223 1 2 281 37 1 2 3 232 1 2 3 204 316 2 207"),
            ("mirostat", new() { Mirostat = 2, MirostatEnt = 4, Seed = 8 },
                "309 123 299 16 199 228 195 3 294 108 146 286 204 148 2 207"),
        ];
        foreach (KernelPath path in KernelChoice.Available)
        {
            string actual = string.Join('\n', cases.Select(c => $"{c.Name}: {Golden(c.Options, path)}"));
            Assert.Equal(string.Join('\n', cases.Select(c => $"{c.Name}: {c.Ids}")), actual);
        }
    }

    // Scores are multiples of 1/64 between −8 and 8, made of whole numbers, so that every language has the same ones.
    private static string Golden(SamplingOptions options, KernelPath path)
    {
        var sampler = new Sampler(options, path);
        var ids = new List<int>();
        float[] scores = new float[320];
        uint state = 1;
        for (int i = 0; i < 16; i++)
        {
            for (int id = 0; id < scores.Length; id++)
            {
                state = (state * 1664525) + 1013904223;
                scores[id] = ((int)(state >> 22) - 512) / 64f;
            }

            // Every fourth token has scores that favour a few.
            if (i % 4 != 0) scores[i % 4] = 9;
            ids.Add(sampler.Sample(scores));
            sampler.Accept(ids[^1]);
        }

        return string.Join(' ', ids);
    }

    private static double[] Probabilities(float[] scores, SamplingOptions options)
    {
        // What the chain keeps, each step in double precision; then the temperature.
        int[] kept = [.. Enumerable.Range(0, scores.Length).OrderByDescending(id => scores[id])];
        if (options.TopK > 0) kept = [.. kept.Take(options.TopK)];
        if (options.Typical < 1)
        {
            double[] p = SoftMax(kept, scores, 1);
            double entropy = kept.Sum(id => -p[id] * Math.Log(p[id]));
            kept = Reach([.. kept.OrderBy(id => Math.Abs(-Math.Log(p[id]) - entropy))], p, options.Typical);
        }

        if (options.TopP < 1) kept = Reach(kept, SoftMax(kept, scores, 1), options.TopP);
        double most = SoftMax(kept, scores, 1).Max();
        double[] likely = SoftMax(kept, scores, 1);
        kept = [.. kept.Where(id => likely[id] >= options.MinP * most)];
        return SoftMax(kept, scores, options.Temperature);
    }

    private static int[] Reach(int[] order, double[] p, double share)
    {
        double sum = 0;
        return [.. order.TakeWhile(id => (sum += p[id]) - p[id] < share)];
    }

    private static double[] SoftMax(int[] kept, float[] scores, double temperature)
    {
        double[] p = new double[scores.Length];
        foreach (int id in kept) p[id] = Math.Exp(scores[id] / temperature);
        double sum = p.Sum();
        return [.. p.Select(x => x / sum)];
    }
}
