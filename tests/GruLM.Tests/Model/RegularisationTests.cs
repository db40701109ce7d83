// Every kind of regularisation: gradients along each tensor's own gradient agree with central differences of the loss they belong to,
// evaluation never sees any of it, and a run that stops and goes on draws the same masks and keeps the same average.

using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests.Model;

public sealed class RegularisationTests : IDisposable
{
    private static readonly Regularisation s_everything = new()
    {
        LockedDropout = true,
        InputDropout = 0.2,
        OutputDropout = 0.3,
        EmbeddingDropout = 0.2,
        RecurrentDropout = 0.4,
        ActivationPenalty = 2,
        SlownessPenalty = 1,
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-regular-").FullName;

    public static TheoryData<KernelPath, string> PathsAndKinds
    {
        get
        {
            var data = new TheoryData<KernelPath, string>();
            foreach (KernelPath path in KernelChoice.Available)
            {
                foreach (string kind in Kinds.Keys) data.Add(path, kind);
            }

            return data;
        }
    }

    private static Dictionary<string, Regularisation> Kinds => new()
    {
        ["locked"] = new() { LockedDropout = true },
        ["input"] = new() { InputDropout = 0.3 },
        ["output"] = new() { OutputDropout = 0.3 },
        ["embedding"] = new() { EmbeddingDropout = 0.4 },
        ["recurrent"] = new() { RecurrentDropout = 0.5 },
        ["ar"] = new() { ActivationPenalty = 3, OutputDropout = 0.2 },
        ["tar"] = new() { SlownessPenalty = 3, OutputDropout = 0.2 },
        ["everything"] = s_everything,
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(PathsAndKinds))]
    public void Gradients_are_those_of_the_regularised_loss(KernelPath path, string kind)
    {
        var config = new GruConfig
        {
            VocabSize = 23,
            EmbeddingDim = 13,
            HiddenDim = 21,
            NumLayers = 2,
            Dropout = kind is "locked" or "everything" ? 0.3 : 0,
            LayerNorm = kind == "everything",
            Residual = kind is "everything" or "tar"
        };
        using var compute = Compute.Create(2, path);
        using var model = GruLanguageModel.Create(config, compute, new ModelOptions { Seed = 3, Regularisation = Kinds[kind] });
        var random = new Philox(5, RandomPurpose.Initialisation);
        foreach (ParameterView view in model.Parameters.Views)
        {
            Span<float> values = model.Parameters.Span(view.Name);
            for (int i = 0; i < values.Length; i++) values[i] = (float)(0.3 * random.Normal((ulong)view.Offset, (ulong)i));
        }

        model.ParametersChanged();
        TokenBatch batch = Batch(6, 5, config.VocabSize);
        Loss();
        model.GradientNorm();
        float[][] gradients = [.. model.Parameters.Views.Select(v => model.Gradients.Span(v.Name).ToArray())];
        foreach ((ParameterView? view, float[]? gradient) in model.Parameters.Views.Zip(gradients))
        {
            const double Step = 0.02;
            double size = Math.Sqrt(gradient.Sum(g => (double)g * g));
            Assert.True(size > 1e-3, $"{view.Name} has no gradient");
            float[] kept = model.Parameters.Span(view.Name).ToArray();
            double above = Moved(+1), below = Moved(-1);
            Moved(0);
            Assert.Equal(size, (above - below) / (2 * Step), Math.Max(0.02 * size, 5e-4));

            double Moved(int sign)
            {
                Span<float> values = model.Parameters.Span(view.Name);
                for (int i = 0; i < values.Length; i++) values[i] = (float)(kept[i] + (sign * Step * gradient[i] / size));
                model.ParametersChanged();
                return Loss();
            }
        }

        double Loss()
        {
            model.DiscardGradients();
            return model.ForwardBackward(batch, batch.Targets.Length, step: 7).MeanNll + model.Penalty;
        }
    }

    [Fact]
    public void Evaluation_sees_none_of_it()
    {
        var config = new GruConfig { VocabSize = 23, EmbeddingDim = 16, HiddenDim = 16, NumLayers = 2, Dropout = 0.4, TieWeights = true };
        using var compute = Compute.Create(2);
        using var plain = GruLanguageModel.Create(config, compute, 3);
        using var model = GruLanguageModel.Create(config, compute, new ModelOptions { Seed = 3, Regularisation = s_everything });
        TokenBatch batch = Batch(20, 8, config.VocabSize);
        double loss = model.ForwardBackward(batch, batch.Targets.Length, 1).Nll;
        double expected = plain.Evaluate(batch).Nll;
        Assert.Equal(expected, model.Evaluate(batch).Nll);
        Assert.NotEqual(expected, loss);

        // Another step, other masks; the same step, the same ones.
        Assert.NotEqual(loss, model.ForwardBackward(batch, batch.Targets.Length, 2).Nll);
    }

    [Fact]
    public void Weights_that_are_left_out_do_not_learn_and_the_parts_of_a_batch_share_them()
    {
        var config = new GruConfig { VocabSize = 23, EmbeddingDim = 16, HiddenDim = 40, NumLayers = 1 };
        using var compute = Compute.Create(2);
        var options = new ModelOptions { Seed = 3, Regularisation = new() { RecurrentDropout = 0.25 } };
        using var model = GruLanguageModel.Create(config, compute, options);
        TokenBatch batch = Batch(12, 8, config.VocabSize);
        for (int part = 0; part < 3; part++) model.ForwardBackward(batch, 3 * batch.Targets.Length, part);
        model.GradientNorm();
        Span<float> gradient = model.Gradients.Span("gru.weight_hh_l0");
        double share = gradient.Count(0f) / (double)gradient.Length;
        Assert.InRange(share, 0.22, 0.28);
    }

    [Fact]
    public void Stopping_and_continuing_gives_the_same_bits_and_the_saved_model_is_the_average()
    {
        var config = new GruConfig { VocabSize = 20, EmbeddingDim = 24, HiddenDim = 24, NumLayers = 2, Dropout = 0.1, TieWeights = true };
        var told = new ModelOptions { Optimizer = new AdamWOptions { AverageDecay = 0.9 }, Regularisation = s_everything, Seed = 7 };
        var options = new TrainingOptions
        {
            Epochs = 3,
            BatchSize = 4,
            Bptt = 12,
            LearningRate = 0.01,
            WarmupSteps = 3,
            SaveInterval = 11,
            Keep = 100
        };
        using var compute = Compute.Create(2);
        int[] text = [.. Enumerable.Range(0, 700).Select(i => (i * i) % 17)];
        var heldOut = new HeldOutStream(text.AsMemory(0, 100), Enumerable.Range(1, 100).Select(i => (long)i).ToArray());
        using var whole = GruLanguageModel.Create(config, compute, told);
        var store = new FolderStore(_folder, Path.Combine(_folder, "training"));
        TrainingResult result = new Trainer(whole, new TokenStream(text, 4, 12, 5), heldOut, options, store, new SilentObserver()).Run();
        using var best = GruLanguageModel.Load(_folder, compute);
        Assert.Equal(result.Position.Best!.Value.Sums.Nll, Evaluation.Quick(best, heldOut).Sums.Nll, 1e-3);
        Assert.NotEqual(whole.Parameters.Span("embedding.weight").ToArray(), best.Parameters.Span("embedding.weight").ToArray());

        string checkpoint = Checkpoint.Find(_folder + "/training").First(c => c.Step == 11).Folder;
        using var resumed = GruLanguageModel.Load(checkpoint, compute, told);
        var trainer = new Trainer(resumed, new TokenStream(text, 4, 12, 5), heldOut, options, null, new SilentObserver());
        trainer.ContinueFrom(Checkpoint.Load(checkpoint, resumed));
        TrainingResult again = trainer.Run();
        Assert.Equal(result.Position.Best.Value, again.Position.Best!.Value);
        foreach (ParameterView view in whole.Parameters.Views)
        {
            Assert.Equal(whole.Parameters.Span(view.Name).ToArray(), resumed.Parameters.Span(view.Name).ToArray());
        }

        whole.SwapAverage();
        resumed.SwapAverage();
        foreach (ParameterView view in whole.Parameters.Views)
        {
            Assert.Equal(whole.Parameters.Span(view.Name).ToArray(), resumed.Parameters.Span(view.Name).ToArray());
        }
    }

    [Fact]
    public void What_a_model_was_made_with_cannot_be_changed_afterwards()
    {
        // The memory of a step is laid out by it: set after the first batch it had the next one write beyond that.
        Assert.Null(typeof(GruLanguageModel).GetProperty(nameof(GruLanguageModel.Regularisation))!.SetMethod);
        Assert.All(
            typeof(Regularisation).GetProperties().Concat(typeof(ModelOptions).GetProperties()).Where(property => property.CanWrite),
            property => Assert.Contains(
                typeof(System.Runtime.CompilerServices.IsExternalInit),
                property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers()));

        var config = new GruConfig { VocabSize = 23, EmbeddingDim = 16, HiddenDim = 16, NumLayers = 1 };
        using var compute = Compute.Create(1);
        var bad = new ModelOptions { Regularisation = new() { InputDropout = 1 } };
        ArgumentException error = Assert.Throws<ArgumentException>(() => GruLanguageModel.Create(config, compute, bad));
        Assert.Contains("'InputDropout' is 1", error.Message, StringComparison.Ordinal);
    }

    private static TokenBatch Batch(int steps, int lanes, int vocabulary)
    {
        var random = new Philox(9, RandomPurpose.Shuffle);
        var batch = new TokenBatch(steps, lanes) { StartsFresh = true };
        for (int i = 0; i < batch.Inputs.Length; i++)
        {
            batch.Inputs[i] = random.Below(vocabulary, 1, (ulong)i);
            batch.Targets[i] = random.Below(vocabulary, 2, (ulong)i);
        }

        return batch;
    }
}
