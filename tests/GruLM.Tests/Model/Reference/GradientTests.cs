// The chain of oracles: central finite differences prove the plain model in double precision, the plain model proves the
// fused one on every kernel path, and PyTorch's own figures prove both.

using System.Text.Json;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Model;

public class GradientTests
{
    public static TheoryData<KernelPath, bool> PathsAndTying
    {
        get
        {
            var data = new TheoryData<KernelPath, bool>();
            foreach (KernelPath path in KernelChoice.Available)
            {
                data.Add(path, true);
                data.Add(path, false);
            }

            return data;
        }
    }

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, false, false)]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public void Plain_gradients_agree_with_central_differences_for_every_parameter(bool tied, bool layerNorm, bool residual)
    {
        var config = new GruConfig
        {
            VocabSize = 9,
            EmbeddingDim = tied ? 5 : 4,
            HiddenDim = 5,
            NumLayers = 3,
            TieWeights = tied,
            LayerNorm = layerNorm,
            Residual = residual
        };
        using GruParameters parameters = RandomParameters(config, 0.5);
        Dictionary<string, double[]> values = PlainGruModel<double>.Copy(parameters);
        var model = new PlainGruModel<double>(config, values);
        TokenBatch batch = RandomBatch(4, 3, config.VocabSize);
        (double _, Dictionary<string, double[]>? gradients) = model.LossAndGradients(batch);
        const double Step = 1e-5;
        foreach ((string? name, double[]? tensor) in values)
        {
            for (int i = 0; i < tensor.Length; i++)
            {
                double x = tensor[i];
                tensor[i] = x + Step;
                double above = model.LossAndGradients(batch).Loss;
                tensor[i] = x - Step;
                double below = model.LossAndGradients(batch).Loss;
                tensor[i] = x;
                Assert.Equal((above - below) / (2 * Step), gradients[name][i], 1e-8);
            }
        }
    }

    [Theory]
    [MemberData(nameof(PathsAndTying))]
    public void Fused_gradients_agree_with_the_plain_model_on_every_path(KernelPath path, bool tied)
    {
        // Sizes that fill no vector, lanes that fill no tile, one of each that does, and a sequence in two chunks that are not equal.
        foreach ((int hidden, int lanes) in ((int, int)[])[(21, 5), (48, 8), (65, 33), (7, 1), (130, 2), (13, 130)])
        {
            var config = new GruConfig
            {
                VocabSize = 37,
                EmbeddingDim = tied ? hidden : 13,
                HiddenDim = hidden,
                NumLayers = 2,
                TieWeights = tied
            };
            using var compute = Compute.Create(2, path);
            using var model = new GruLanguageModel(RandomParameters(config, 0.3), compute);
            TokenBatch batch = RandomBatch(5, lanes, config.VocabSize);
            (double loss, Dictionary<string, double[]> expected) = Plain(model, batch);
            LossSums sums = model.ForwardBackward(batch, Counted(batch), 0);
            Assert.Equal(loss, sums.MeanNll, 2e-6);
            Assert.Equal(Counted(batch), sums.Tokens);
            foreach (ParameterView view in model.Parameters.Views)
            {
                Close(expected[view.Name], model.Gradients.Span(view.Name), 3e-6, view.Name);
            }
        }
    }

    [Theory]
    [MemberData(nameof(PathsAndTying))]
    public void Deep_stacks_agree_with_the_plain_model_on_every_path(KernelPath path, bool residual)
    {
        // One of the two between layers alone, or both; many lanes, and so few tokens that weights are read in place.
        (int, int, bool)[] sizes = [(21, 17, true), (48, 8, !residual), (65, 1, true), (7, 2, !residual)];
        foreach ((int hidden, int lanes, bool layerNorm) in sizes)
        {
            var config = new GruConfig
            {
                VocabSize = 37,
                EmbeddingDim = 13,
                HiddenDim = hidden,
                NumLayers = 3,
                LayerNorm = layerNorm,
                Residual = residual
            };
            using var compute = Compute.Create(2, path);
            using var model = new GruLanguageModel(RandomParameters(config, 0.3), compute);
            TokenBatch batch = RandomBatch(6, lanes, config.VocabSize);
            (double loss, Dictionary<string, double[]> expected) = Plain(model, batch);
            Assert.Equal(loss, model.ForwardBackward(batch, Counted(batch), 0).MeanNll, 4e-6);
            foreach (ParameterView view in model.Parameters.Views)
            {
                Close(expected[view.Name], model.Gradients.Span(view.Name), 5e-6, view.Name);
            }

            Assert.Equal(loss, model.Evaluate(batch).MeanNll, 4e-6);
        }
    }

    [Theory]
    [MemberData(nameof(PathsAndTying))]
    public void Gradients_of_few_tokens_agree_with_the_plain_model_on_every_path(KernelPath path, bool tied)
    {
        // Weights are read where they lie: hidden sizes that fill no vector or panel, one that fills both, as many tokens as are allowed
        // and one more.
        (int, int, int)[] sizes = [(7, 1, 1), (21, 49, 1), (48, 64, 1), (65, 16, 4), (50, 20, 3), (130, 9, 2), (33, 65, 1)];
        foreach ((int hidden, int steps, int lanes) in sizes)
        {
            var config = new GruConfig
            {
                VocabSize = 203,
                EmbeddingDim = tied ? hidden : 13,
                HiddenDim = hidden,
                NumLayers = 2,
                TieWeights = tied
            };
            using var compute = Compute.Create(2, path);
            using var model = new GruLanguageModel(RandomParameters(config, 0.2), compute);

            // Another shape before it: nothing may be left over.
            TokenBatch before = RandomBatch(5, 5, config.VocabSize, 1), few = RandomBatch(steps, lanes, config.VocabSize, 2);
            foreach (TokenBatch batch in (TokenBatch[])[before, few])
            {
                (double loss, Dictionary<string, double[]> expected) = Plain(model, batch);
                model.DiscardGradients();
                Assert.Equal(loss, model.ForwardBackward(batch, Counted(batch), 0).MeanNll, 4e-6);
                foreach (ParameterView view in model.Parameters.Views)
                {
                    Close(expected[view.Name], model.Gradients.Span(view.Name), 5e-6, view.Name);
                }
            }
        }
    }

    [Fact]
    public void A_loss_in_several_chunks_of_rows_is_the_loss_in_one()
    {
        // Logits of 20,000 x 300 do not fit into one chunk.
        var config = new GruConfig { VocabSize = 20_000, EmbeddingDim = 3, HiddenDim = 4, NumLayers = 1 };
        using var compute = Compute.Create(2);
        using var model = new GruLanguageModel(RandomParameters(config, 0.5), compute);
        TokenBatch batch = RandomBatch(100, 3, config.VocabSize);
        (double loss, Dictionary<string, double[]> expected) = Plain(model, batch);
        Assert.Equal(loss, model.ForwardBackward(batch, Counted(batch), 0).MeanNll, 1e-5);
        foreach (ParameterView view in model.Parameters.Views) Close(expected[view.Name], model.Gradients.Span(view.Name), 1e-5, view.Name);
    }

    [Fact]
    public void A_single_lane_can_start_from_zero()
    {
        var config = new GruConfig { VocabSize = 30, EmbeddingDim = 20, HiddenDim = 20, NumLayers = 2, TieWeights = true };
        using var compute = Compute.Create(1);
        using var model = new GruLanguageModel(RandomParameters(config, 0.4), compute);
        float[] LogProbs(bool before, bool laneFresh)
        {
            if (before) model.Evaluate(RandomBatch(4, 2, config.VocabSize, seed: 1));
            TokenBatch batch = RandomBatch(1, 2, config.VocabSize, seed: 2, fresh: !before);
            batch.FreshLanes[1] = laneFresh;
            float[] values = new float[2];
            model.Score(batch, values);
            return values;
        }

        float[] fresh = LogProbs(false, false), carried = LogProbs(true, false), mixed = LogProbs(true, true);
        Assert.Equal([carried[0], fresh[1]], mixed);
        Assert.NotEqual(fresh, carried);
    }

    [Fact]
    public void Losses_gradients_clipping_and_AdamW_follow_PyTorch()
    {
        string fixture = Path.Combine(AppContext.BaseDirectory, "Model", "Fixtures", "pytorch_gru.json");
        using var json = JsonDocument.Parse(File.ReadAllText(fixture));
        foreach (JsonElement reference in json.RootElement.GetProperty("cases").EnumerateArray())
        {
            foreach (KernelPath path in KernelChoice.Available) FollowPyTorch(reference, path);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_first_loss_is_ln_V(bool tied)
    {
        var config = new GruConfig { VocabSize = 2048, EmbeddingDim = tied ? 200 : 100, HiddenDim = 200, NumLayers = 2, TieWeights = tied };
        using var compute = Compute.Create(2);
        using var model = GruLanguageModel.Create(config, compute, seed: 3);
        LossSums sums = model.Evaluate(RandomBatch(50, 8, config.VocabSize));
        Assert.InRange(sums.MeanNll / Math.Log(config.VocabSize), 0.99, 1.01);
    }

    [Theory]
    [InlineData(6, 35, 40, false)]
    [InlineData(49, 1, 40, false)]
    [InlineData(12, 4, 210, false)]
    [InlineData(20, 40, 70, true)]
    public void Training_gives_the_same_bits_for_any_number_of_threads(int steps, int lanes, int hidden, bool deep)
    {
        var config = new GruConfig
        {
            VocabSize = 300,
            EmbeddingDim = hidden,
            HiddenDim = hidden,
            NumLayers = 2,
            Dropout = 0.3,
            TieWeights = true,
            LayerNorm = deep,
            Residual = deep
        };
        float[]? first = null;
        foreach (int threads in (int[])[1, 2, 3, 8])
        {
            using var compute = Compute.Create(threads);
            using var model = GruLanguageModel.Create(config, compute, seed: 9);
            for (int step = 0; step < 4; step++)
            {
                TokenBatch batch = RandomBatch(steps, lanes, config.VocabSize, seed: step, fresh: step == 0);
                model.ForwardBackward(batch, Counted(batch), step);
                model.Update(0.01, Math.Min(1, 1 / model.GradientNorm()));
            }

            float[] values = model.Parameters.Views.SelectMany(v => model.Parameters.Span(v.Name).ToArray()).ToArray();
            first ??= values;
            Assert.Equal(first, values);
        }
    }

    [Fact]
    public void State_carries_from_batch_to_batch_and_a_fresh_start_forgets_it()
    {
        var config = new GruConfig { VocabSize = 30, EmbeddingDim = 20, HiddenDim = 20, NumLayers = 2, TieWeights = true };
        using var compute = Compute.Create(1);
        using var model = new GruLanguageModel(RandomParameters(config, 0.4), compute);
        TokenBatch whole = RandomBatch(8, 3, config.VocabSize);
        TokenBatch Part(int from, int steps, bool fresh)
        {
            var part = new TokenBatch(steps, 3) { StartsFresh = fresh };
            Array.Copy(whole.Inputs, from * 3, part.Inputs, 0, steps * 3);
            Array.Copy(whole.Targets, from * 3, part.Targets, 0, steps * 3);
            return part;
        }

        double all = model.Evaluate(whole).Nll;
        Assert.Equal(all, model.Evaluate(Part(0, 3, true)).Nll + model.Evaluate(Part(3, 5, false)).Nll, 1e-4);
        Assert.NotEqual(all, model.Evaluate(Part(0, 3, true)).Nll + model.Evaluate(Part(3, 5, true)).Nll, 1e-3);
    }

    [Fact]
    public void Dropout_acts_in_training_only_keeps_the_mean_and_its_gradient_is_that_of_its_mask()
    {
        var config = new GruConfig { VocabSize = 12, EmbeddingDim = 6, HiddenDim = 6, NumLayers = 2, Dropout = 0.4, TieWeights = true };
        using var compute = Compute.Create(1);
        using var model = new GruLanguageModel(RandomParameters(config, 0.5), compute, seed: 4);
        TokenBatch batch = RandomBatch(4, 3, config.VocabSize);
        long counted = Counted(batch);
        double Loss() => model.ForwardBackward(batch, counted, 17).MeanNll;
        double with = Loss();
        Assert.NotEqual(with, model.Evaluate(batch).MeanNll);
        Assert.NotEqual(with, model.ForwardBackward(batch, counted, 18).MeanNll);
        model.DiscardGradients();
        Assert.Equal(with, Loss());
        var gradients = model.Parameters.Views.ToDictionary(v => v.Name, v => model.Gradients.Span(v.Name).ToArray());
        foreach (ParameterView view in model.Parameters.Views)
        {
            for (int i = 0; i < view.Length; i += 7)
            {
                const float Step = 2e-2f;
                float x = model.Parameters.Span(view.Name)[i];
                double At(float value)
                {
                    model.Parameters.Span(view.Name)[i] = value;
                    model.ParametersChanged();
                    return Loss();
                }

                double difference = ((8 * (At(x + Step) - At(x - Step))) - (At(x + (2 * Step)) - At(x - (2 * Step)))) / (12 * Step);
                At(x);
                Assert.Equal(difference, gradients[view.Name][i], 1e-4);
            }
        }
    }

    [Theory]
    [InlineData(10, 4)]
    [InlineData(20, 5)]
    public void A_training_step_allocates_nothing_once_warm(int steps, int lanes)
    {
        var config = new GruConfig { VocabSize = 100, EmbeddingDim = 32, HiddenDim = 32, NumLayers = 2, Dropout = 0.1, TieWeights = true };
        using var compute = Compute.Create(1);
        using var model = GruLanguageModel.Create(config, compute, seed: 1);
        TokenBatch batch = RandomBatch(steps, lanes, config.VocabSize);
        void Step()
        {
            model.ForwardBackward(batch, 40, 0);
            model.GradientNorm();
            model.Update(0.001, 1);
        }

        Step();
        Step();
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 10; i++) Step();
        }));
    }

    internal static GruParameters RandomParameters(GruConfig config, double scale)
    {
        var parameters = new GruParameters(config);
        var random = new Philox(11, RandomPurpose.Initialisation);
        for (int v = 0; v < parameters.Views.Count; v++)
        {
            Span<float> span = parameters.Span(parameters.Views[v].Name);
            for (int i = 0; i < span.Length; i++) span[i] = (float)(scale * random.Normal((ulong)v, (ulong)i));
        }

        return parameters;
    }

    internal static TokenBatch RandomBatch(int steps, int lanes, int vocab, int seed = 0, bool fresh = true)
    {
        var random = new Philox((ulong)seed, RandomPurpose.Shuffle);
        var batch = new TokenBatch(steps, lanes) { StartsFresh = fresh };
        for (int i = 0; i < batch.Inputs.Length; i++)
        {
            batch.Inputs[i] = random.Below(vocab, 0, (ulong)i);
            batch.Targets[i] = i % 6 == 5 ? TokenBatch.Ignored : random.Below(vocab, 1, (ulong)i);
        }

        return batch;
    }

    internal static long Counted(TokenBatch batch) => batch.Targets.Count(t => t != TokenBatch.Ignored);

    private static void FollowPyTorch(JsonElement reference, KernelPath path)
    {
        var config = new GruConfig
        {
            VocabSize = Number("vocab"),
            EmbeddingDim = Number("emb"),
            HiddenDim = Number("hidden"),
            NumLayers = Number("layers"),
            TieWeights = reference.GetProperty("tied").GetBoolean(),
        };
        using var compute = Compute.Create(2, path);
        var parameters = new GruParameters(config);
        foreach (ParameterView view in parameters.Views)
        {
            Values("start", view).Select(x => (float)x).ToArray().CopyTo(parameters.Span(view.Name));
        }

        using var model = new GruLanguageModel(parameters, compute, new AdamWOptions { Beta2 = 0.99, WeightDecay = 0.1 });
        JsonElement[] batches = reference.GetProperty("batches").EnumerateArray().ToArray();
        for (int step = 0; step < batches.Length; step++)
        {
            var batch = new TokenBatch(Number("steps"), Number("lanes")) { StartsFresh = true };
            for (int i = 0; i < batch.Inputs.Length; i++)
            {
                batch.Inputs[i] = batches[step].GetProperty("inputs")[i].GetInt32();
                batch.Targets[i] = batches[step].GetProperty("targets")[i].GetInt32();
            }

            LossSums sums = model.ForwardBackward(batch, Counted(batch), step);
            if (step == 0)
            {
                foreach (ParameterView view in parameters.Views)
                {
                    Close(Values("gradients", view), model.Gradients.Span(view.Name), 3e-6, view.Name);
                }
            }

            double norm = model.GradientNorm();
            Assert.Equal(reference.GetProperty("losses")[step].GetDouble(), sums.MeanNll, 1e-5);
            Assert.Equal(reference.GetProperty("norms")[step].GetDouble(), norm, 1e-5 * norm);
            model.Update(0.02, 0.5 / (norm + 1e-6) < 1 ? 0.5 / (norm + 1e-6) : 1);
        }

        foreach (ParameterView view in parameters.Views) Close(Values("end", view), parameters.Span(view.Name), 1e-4, view.Name);

        int Number(string name) => reference.GetProperty(name).GetInt32();
        double[] Values(string name, ParameterView view) =>
            [.. reference.GetProperty(name).GetProperty(view.Name).EnumerateArray().Select(x => (double)(float)x.GetDouble())];
    }

    /// <summary>The plain model's loss and gradients in double precision, with the same weights.</summary>
    private static (double Loss, Dictionary<string, double[]> Gradients) Plain(GruLanguageModel model, TokenBatch batch)
    {
        Dictionary<string, double[]> weights = PlainGruModel<double>.Copy(model.Parameters);
        return new PlainGruModel<double>(model.Parameters.Config, weights).LossAndGradients(batch);
    }

    private static void Close(double[] expected, ReadOnlySpan<float> actual, double tolerance, string name)
    {
        double scale = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= tolerance * scale)) Assert.Fail($"{name}[{i}]: {actual[i]} for {expected[i]}");
        }
    }
}
