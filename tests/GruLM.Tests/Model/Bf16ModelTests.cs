// The model in bfloat16, on tiles and on vectors of pairs, in software (the same bits as the instructions) and by the instructions that
// this machine has: near the exact figures, the same for any number of threads, and as good after training.

using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tests.Kernels;

namespace GruLM.Tests.Model;

public class Bf16ModelTests
{
    private static readonly Bf16Runner[] s_runners =
        [.. Bf16Runners.All.Select(row => row.Data).Where(runner => runner.IsSoftware() || runner.IsReal())];

    public static TheoryData<KernelPath, Bf16Runner> PathsAndRunners =>
        [.. KernelChoice.Available.SelectMany(path => s_runners.Select(runner => (path, runner)))];

    public static TheoryData<Bf16Runner> Runners => [.. s_runners];

    [Theory]
    [MemberData(nameof(PathsAndRunners))]
    public void Gradients_are_near_those_of_the_plain_model(KernelPath path, Bf16Runner runner)
    {
        foreach ((int hidden, int lanes) in ((int, int)[])[(21, 5), (48, 8), (65, 33), (7, 1), (130, 2)])
        {
            var config = new GruConfig { VocabSize = 37, EmbeddingDim = 13, HiddenDim = hidden, NumLayers = 2 };
            using var compute = Compute.Create(2, path, runner.Kernel());
            using var model = new GruLanguageModel(GradientTests.RandomParameters(config, 0.3), compute);

            // Two batches of different shape, the first once more: nothing may be left over from another.
            TokenBatch first = GradientTests.RandomBatch(5, lanes, 37), second = GradientTests.RandomBatch(4, lanes + 3, 37, 1);
            var plain = new PlainGruModel<double>(config, PlainGruModel<double>.Copy(model.Parameters));
            foreach (TokenBatch batch in (TokenBatch[])[first, second, first])
            {
                (double loss, Dictionary<string, double[]>? expected) = plain.LossAndGradients(batch);
                model.DiscardGradients();
                LossSums sums = model.ForwardBackward(batch, GradientTests.Counted(batch), 0);
                Assert.Equal(1, sums.MeanNll / loss, 2e-3);
                foreach (ParameterView view in model.Parameters.Views)
                {
                    double error = 0, length = 0;
                    Span<float> actual = model.Gradients.Span(view.Name);
                    for (int i = 0; i < actual.Length; i++)
                    {
                        error += Math.Pow(actual[i] - expected[view.Name][i], 2);
                        length += Math.Pow(expected[view.Name][i], 2);
                    }

                    double relative = Math.Sqrt(error / length);
                    Assert.True(relative < 0.02, $"H {hidden} B {lanes} {view.Name}: off by {relative}");
                    Assert.True(error > 0, "not computed in bfloat16");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Runners))]
    public void The_bits_do_not_depend_on_the_number_of_threads(Bf16Runner runner)
    {
        var config = new GruConfig { VocabSize = 300, EmbeddingDim = 40, HiddenDim = 70, NumLayers = 2 };
        float[]? first = null;
        foreach (int threads in (int[])[1, 2, 5])
        {
            using var compute = Compute.Create(threads, null, runner.Kernel());
            using var model = new GruLanguageModel(GradientTests.RandomParameters(config, 0.3), compute);
            TokenBatch batch = GradientTests.RandomBatch(12, 40, config.VocabSize);
            model.ForwardBackward(batch, GradientTests.Counted(batch), 0);
            float[] bits = [.. model.Parameters.Views.SelectMany(view => model.Gradients.Span(view.Name).ToArray())];
            first ??= bits;
            Assert.Equal(first, bits);
        }
    }

    [Theory]
    [MemberData(nameof(Runners))]
    public void Training_ends_at_the_same_held_out_loss_within_half_a_percent(Bf16Runner runner)
    {
        double Train(Bf16Kernel? kernel)
        {
            var config = new GruConfig { VocabSize = 40, EmbeddingDim = 32, HiddenDim = 64, NumLayers = 2 };
            using var compute = Compute.Create(2, null, kernel);
            using var model = GruLanguageModel.Create(config, compute, seed: 1);
            for (int step = 0; step < 200; step++)
            {
                TokenBatch batch = Language(16, 16, config.VocabSize, step);
                model.ForwardBackward(batch, GradientTests.Counted(batch), step);
                model.Update(5e-3 * (1 - (step / 200.0)), Math.Min(1, 1 / model.GradientNorm()));
                model.DiscardGradients();
            }

            return model.Evaluate(Language(64, 32, config.VocabSize, 1_000_000)).MeanNll;
        }

        double float32 = Train(null), bfloat16 = Train(runner.Kernel());
        Assert.InRange(float32, 0.5, 0.8 * Math.Log(40));
        Assert.NotEqual(float32, bfloat16);
        Assert.Equal(1, bfloat16 / float32, 5e-3);
    }

    // Four times out of five the next token follows from the two before it.
    private static TokenBatch Language(int steps, int lanes, int vocab, int seed)
    {
        var random = new Philox((ulong)seed, RandomPurpose.Shuffle);
        var batch = new TokenBatch(steps, lanes) { StartsFresh = true };
        for (int lane = 0; lane < lanes; lane++)
        {
            int before = 0, last = 1;
            for (int t = 0; t < steps; t++)
            {
                int at = (t * lanes) + lane;
                int next = random.Below(5, 0, (ulong)at) == 0 ? random.Below(vocab, 1, (ulong)at) : ((last * 7) + (before % 3) + 3) % vocab;
                (batch.Inputs[at], batch.Targets[at], before, last) = (last, next, last, next);
            }
        }

        return batch;
    }
}
