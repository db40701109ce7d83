// The sampling chain: each filter keeps what its definition says, draws follow the probabilities, and a seed repeats itself.

using GruLM.Generation;

namespace GruLM.Tests.Generation;

public class SamplerTests
{
    private static readonly SamplingOptions s_plain = new() { Temperature = 1, TopK = 0, TopP = 1, MinP = 0 };

    // Probabilities 0.4, 0.3, 0.15, 0.1, 0.05, in shuffled places.
    private static readonly float[] s_logits = [.. new[] { 0.1, 0.4, 0.05, 0.3, 0.15 }.Select(p => (float)Math.Log(p) + 3)];

    [Fact]
    public void Draws_follow_the_probabilities() => Frequencies(s_plain, [0.1, 0.4, 0.05, 0.3, 0.15]);

    [Fact]
    public void Temperature_sharpens() => Frequencies(s_plain with { Temperature = 0.5 }, Normalised(0.01, 0.16, 0.0025, 0.09, 0.0225));

    [Fact]
    public void Top_k_keeps_the_k_likeliest() => Frequencies(s_plain with { TopK = 2 }, Normalised(0, 0.4, 0, 0.3, 0));

    [Fact]
    public void Top_p_keeps_the_smallest_set_that_reaches_p() =>
        Frequencies(s_plain with { TopP = 0.71 }, Normalised(0, 0.4, 0, 0.3, 0.15));

    [Fact]
    public void Min_p_is_relative_to_the_likeliest() => Frequencies(s_plain with { MinP = 0.3 }, Normalised(0, 0.4, 0, 0.3, 0.15));

    [Fact]
    public void Typical_keeps_what_is_about_as_surprising_as_expected()
    {
        // Entropy 1.393 nats; surprises 2.30, 0.92, 3.00, 1.20, 1.90: nearest first 0.3, 0.4, 0.15.
        Frequencies(s_plain with { Typical = 0.6 }, Normalised(0, 0.4, 0, 0.3, 0));
        Frequencies(s_plain with { Typical = 0.25 }, Normalised(0, 0, 0, 0.3, 0));
    }

    [Fact]
    public void Filters_apply_in_the_order_given()
    {
        // Temperature first makes the distribution so sharp that top-p keeps one; last, it keeps three.
        SamplingOptions sharp = s_plain with { Temperature = 0.1, TopP = 0.8 };
        Frequencies(sharp with { Samplers = [SamplerKind.Temperature, SamplerKind.TopP] }, [0, 1, 0, 0, 0]);
        Frequencies(s_plain with { TopP = 0.8, Samplers = [SamplerKind.TopP, SamplerKind.Temperature] }, Normalised(0, 0.4, 0, 0.3, 0.15));
    }

    [Fact]
    public void Temperature_zero_is_the_likeliest_always()
    {
        var sampler = new Sampler(s_plain with { Temperature = 0 });
        for (int i = 0; i < 20; i++) Assert.Equal(1, sampler.Sample(s_logits));
        foreach (double nearly in (double[])[1e-5, 1e-40, 1e-300])
        {
            var cold = new Sampler(s_plain with { Temperature = nearly });
            for (int i = 0; i < 20; i++) Assert.Equal(1, cold.Sample(s_logits));
        }
    }

    [Fact]
    public void Penalties_lower_what_was_said()
    {
        SamplingOptions greedy = s_plain with { Temperature = 0 };
        SamplingOptions[] penalties =
            [greedy with { RepeatPenalty = 1.5 }, greedy with { PresencePenalty = 1 }, greedy with { FrequencyPenalty = 0.5 }];
        foreach (SamplingOptions options in penalties)
        {
            var sampler = new Sampler(options);
            Assert.Equal(1, sampler.Sample(s_logits));
            sampler.Accept(1);
            sampler.Accept(1);
            Assert.Equal(3, sampler.Sample(s_logits));
            sampler.Reset();
            Assert.Equal(1, sampler.Sample(s_logits));
        }

        var shortMemory = new Sampler(greedy with { PresencePenalty = 1, RepeatLastN = 1 });
        shortMemory.Accept(1);
        shortMemory.Accept(4);
        Assert.Equal(1, shortMemory.Sample(s_logits));
    }

    [Fact]
    public void Biases_and_forbidden_tokens_are_heeded()
    {
        var sampler = new Sampler(s_plain with { Temperature = 0, LogitBias = new Dictionary<int, float> { [2] = 10 } });
        Assert.Equal(2, sampler.Sample(s_logits));
        Assert.Equal(1, sampler.Sample(s_logits, [2]));
        var never = new Sampler(s_plain with { LogitBias = new Dictionary<int, float> { [1] = float.NegativeInfinity } });
        for (int i = 0; i < 200; i++) Assert.NotEqual(1, never.Sample(s_logits));
    }

    [Fact]
    public void Forbidden_ids_outside_the_vocabulary_are_passed_over()
    {
        var sampler = new Sampler(s_plain with { Temperature = 0 });
        Assert.Equal(3, sampler.Sample(s_logits, [-1, 1, 5, int.MaxValue, int.MinValue]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.8)]
    public void Scores_that_are_no_numbers_are_an_error(double temperature)
    {
        var sampler = new Sampler(new SamplingOptions { Temperature = temperature });
        foreach (float wrong in (float[])[float.NaN, float.PositiveInfinity])
        {
            for (int i = 0; i < s_logits.Length; i++)
            {
                float[] logits = [.. s_logits];
                logits[i] = wrong;
                InvalidDataException error = Assert.Throws<InvalidDataException>(() => sampler.Sample(logits));
                Assert.Contains("scores are not numbers", error.Message, StringComparison.Ordinal);
            }
        }

        Assert.Throws<ArgumentException>(() => sampler.Sample([]));
        ArgumentException none = Assert.Throws<ArgumentException>(() => sampler.Sample(s_logits, [0, 1, 2, 3, 4]));
        Assert.Contains("every token is forbidden", none.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(-1)]
    [InlineData(0)]
    public void What_is_remembered_does_not_grow_with_the_text(int lastN)
    {
        var sampler = new Sampler(s_plain with { RepeatLastN = lastN, PresencePenalty = 1 });
        for (int i = 0; i < 1000; i++) sampler.Accept(i % 50);
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 100_000; i++) sampler.Accept(i % 50);
        }));
    }

    [Fact]
    public void Penalties_count_the_last_n_tokens_and_no_others()
    {
        SamplingOptions greedy = s_plain with { Temperature = 0 };
        Assert.Equal(3, After(greedy with { FrequencyPenalty = 0.2, RepeatLastN = 3 }, 1, 1, 4));
        Assert.Equal(1, After(greedy with { FrequencyPenalty = 0.2, RepeatLastN = 2 }, 1, 1, 4));
        Assert.Equal(1, After(greedy with { FrequencyPenalty = 0.2, RepeatLastN = 3 }, 1, 1, 4, 4, 4, 4, 1));
        Assert.Equal(3, After(greedy with { FrequencyPenalty = 0.2, RepeatLastN = -1 }, 1, 1, 4, 4, 4, 4, 2, 2, 2));
        Assert.Equal(1, After(greedy with { FrequencyPenalty = 0.2, RepeatLastN = 0 }, 1, 1, 1));

        static int After(SamplingOptions options, params int[] tokens)
        {
            var sampler = new Sampler(options);
            foreach (int id in tokens) sampler.Accept(id);
            return sampler.Sample(s_logits);
        }
    }

    [Fact]
    public void A_seed_repeats_itself_and_another_differs()
    {
        int[] Draw(ulong seed)
        {
            var sampler = new Sampler(s_plain with { Seed = seed });
            return [.. Enumerable.Range(0, 50).Select(_ => sampler.Sample(s_logits))];
        }

        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));
    }

    [Fact]
    public void Settings_that_make_no_sense_are_refused()
    {
        double[] noNumbers = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue];
        Refused("Temperature", value => s_plain with { Temperature = value }, [-1, 1001, .. noNumbers]);
        Refused("TopK", value => s_plain with { TopK = (int)value }, [-1, int.MinValue]);
        Refused("TopP", value => s_plain with { TopP = value }, [0, -1, 1.1, .. noNumbers]);
        Refused("MinP", value => s_plain with { MinP = value }, [-0.1, 1.1, .. noNumbers]);
        Refused("Typical", value => s_plain with { Typical = value }, [0, 1.1, .. noNumbers]);
        Refused("RepeatPenalty", value => s_plain with { RepeatPenalty = value }, [0, -1, 1e-300, 1001, .. noNumbers]);
        Refused("RepeatLastN", value => s_plain with { RepeatLastN = (int)value }, [-2, int.MinValue]);
        Refused("PresencePenalty", value => s_plain with { PresencePenalty = value }, [-1001, 1001, .. noNumbers]);
        Refused("FrequencyPenalty", value => s_plain with { FrequencyPenalty = value }, [-1001, 1001, .. noNumbers]);
        Refused(
            "LogitBias", value => s_plain with { LogitBias = new Dictionary<int, float> { [1] = (float)value } },
            [double.NaN, double.PositiveInfinity, float.MaxValue]);
        Refused("DryMultiplier", value => s_plain with { DryMultiplier = value }, [-1, 1001, .. noNumbers]);
        Refused("DryBase", value => s_plain with { DryBase = value }, [0, 0.99, 1001, .. noNumbers]);
        Refused("DryAllowedLength", value => s_plain with { DryAllowedLength = (int)value }, [0, -1]);
        Refused("Mirostat", value => s_plain with { Mirostat = (int)value }, [-1, 1, 3]);
        Refused("MirostatEnt", value => s_plain with { MirostatEnt = value }, [-1, 1001, .. noNumbers]);
        Refused("MirostatLr", value => s_plain with { MirostatLr = value }, [-1, 1001, .. noNumbers]);
        Refused("Samplers", value => s_plain with { Samplers = [(SamplerKind)value] }, [-1, 7]);

        static void Refused(string property, Func<double, SamplingOptions> options, double[] values) =>
            Assert.All(values, value =>
            {
                ArgumentException error = Assert.Throws<ArgumentException>(() => new Sampler(options(value)));
                Assert.StartsWith($"'{property}' is ", error.Message, StringComparison.Ordinal);
            });
    }

    private static double[] Normalised(params double[] weights) => [.. weights.Select(w => w / weights.Sum())];

    private static void Frequencies(SamplingOptions options, double[] expected)
    {
        const int Draws = 20_000;
        var sampler = new Sampler(options with { Seed = 42 });
        int[] counts = new int[expected.Length];
        for (int i = 0; i < Draws; i++) counts[sampler.Sample(s_logits)]++;
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i] == 0) Assert.Equal(0, counts[i]);
            else Assert.InRange((double)counts[i] / Draws, expected[i] - 0.015, expected[i] + 0.015);
        }
    }
}
