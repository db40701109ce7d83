// The model on a card against the model on the processor: losses, gradients and updates of every kind of model and regularisation. Where
// there is no card, a stand-in runs the same kernels on the processor (StandIn/).

using GruLM.Cuda;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Cuda;

[Collection(StandIn.Collection)]
public sealed class CudaModelTests : IDisposable
{
    private static readonly GruConfig s_plain = new() { VocabSize = 50, EmbeddingDim = 24, HiddenDim = 40, NumLayers = 2 };
    private Card? _card;

    /// <summary>Kinds of models and of training.</summary>
    public static TheoryData<string> Cases => [.. s_cases.Keys];

    private static readonly Dictionary<string, (GruConfig Config, ModelOptions Options)> s_cases = new()
    {
        ["plain"] = (s_plain, new ModelOptions()),
        ["one layer"] = (s_plain with { NumLayers = 1 }, new ModelOptions()),
        ["odd sizes"] = (s_plain with { VocabSize = 131, EmbeddingDim = 13, HiddenDim = 37 }, new ModelOptions()),
        ["tied"] = (s_plain with { EmbeddingDim = 40, TieWeights = true }, new ModelOptions()),
        ["layer norm"] = (s_plain with { LayerNorm = true, NumLayers = 3 }, new ModelOptions()),
        ["residual"] = (s_plain with { Residual = true, NumLayers = 3 }, new ModelOptions()),
        ["both"] = (s_plain with { LayerNorm = true, Residual = true, NumLayers = 3, Dropout = 0.3 }, new ModelOptions { Seed = 5 }),
        ["dropout"] = (s_plain with { Dropout = 0.3 }, new ModelOptions { Seed = 7 }),
        ["locked"] = (
            s_plain with { Dropout = 0.3, Residual = true },
            new ModelOptions { Seed = 7, Regularisation = new Regularisation { LockedDropout = true } }),
        ["inputs"] = (s_plain, new ModelOptions { Regularisation = new Regularisation { InputDropout = 0.4 } }),
        ["outputs"] = (s_plain, new ModelOptions { Regularisation = new Regularisation { OutputDropout = 0.4 } }),
        ["rows"] = (s_plain, new ModelOptions { Regularisation = new Regularisation { EmbeddingDropout = 0.3 } }),
        ["recurrent"] = (s_plain, new ModelOptions { Regularisation = new Regularisation { RecurrentDropout = 0.3 } }),
        ["penalties"] = (
            s_plain,
            new ModelOptions
            {
                Regularisation = new Regularisation { ActivationPenalty = 2, SlownessPenalty = 1, OutputDropout = 0.2 },
            }),
        ["sgd"] = (s_plain, new ModelOptions { Optimizer = new SgdOptions { WeightDecay = 0.1 } }),
        ["muon"] = (s_plain, new ModelOptions { Optimizer = new MuonOptions { Every = 2, RateFactor = 2 } }),
        ["muon, odd sizes"] = (
            s_plain with { VocabSize = 131, EmbeddingDim = 13, HiddenDim = 37 },
            new ModelOptions { Optimizer = new MuonOptions { Every = 1, RateFactor = 2 } }),
        ["muon, no sizes"] = (
            s_plain with { VocabSize = 5, EmbeddingDim = 1, HiddenDim = 1 },
            new ModelOptions { Optimizer = new MuonOptions { Every = 1, RateFactor = 2 } }),
        ["average"] = (s_plain, new ModelOptions { Optimizer = new AdamWOptions { AverageDecay = 0.9 } }),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Losses_gradients_and_updates_are_the_processors(string name)
    {
        (GruConfig config, ModelOptions options) = s_cases[name];
        using var compute = Compute.Create(1, Precision.Fp32);
        using var plain = GruLanguageModel.Create(config, compute, options);
        _card = TestCard.Open(bfloat16: false);
        using var model = new CudaGruModel(_card, plain.Parameters.Copy(config), options);
        for (int step = 0; step < 3; step++)
        {
            TokenBatch batch = ModelPair.Batch(config, steps: 5, lanes: 3, seed: step);
            batch.StartsFresh = step == 0;
            batch.FreshLanes[1] = step == 2;
            LossSums expected = plain.ForwardBackward(batch, 11, step), actual = model.ForwardBackward(batch, 11, step);
            Assert.Equal(expected.Tokens, actual.Tokens);
            ModelPair.Close(expected.Nll, actual.Nll, 2e-6, $"loss of step {step}");
            ModelPair.Close(plain.GradientNorm(), model.GradientNorm(), 2e-5, $"norm of step {step}");
            using GruParameters gradients = model.CopyGradients();
            ModelPair.Equal(plain.Gradients, gradients, 3e-5, $"gradients of step {step}");
            plain.Update(0.01, 0.9);
            model.Update(0.01, 0.9);
            double allowed = options.Optimizer is SgdOptions ? 1e-5 : 3e-3;
            ModelPair.Equal(plain.Parameters, model.Parameters, allowed, $"parameters after step {step}");
        }

        plain.SwapAverage();
        model.SwapAverage();
        TokenBatch text = ModelPair.Batch(config, steps: 9, lanes: 2, seed: 9);
        float[] ours = new float[text.Targets.Length], theirs = new float[text.Targets.Length];
        LossSums score = plain.Score(text, theirs);
        ModelPair.Close(score.Nll, model.Score(text, ours).Nll, 1e-3, "score");
        for (int i = 0; i < ours.Length; i++) Assert.True(Math.Abs(ours[i] - theirs[i]) < 0.02, $"{ours[i]} for {theirs[i]}");
    }

    [Theory]
    [InlineData(128, 70, "AnyCard", false)]
    [InlineData(128, 70, "AnyCard", true)]
    [InlineData(128, 70, "Hopper", false)]
    [InlineData(128, 70, "Hopper", true)]
    [InlineData(256, 130, "Hopper", true)]
    [InlineData(64, 20, "StepByStep", false)]
    [InlineData(64, 20, "StepByStep", true)]
    public void Every_way_of_a_recurrence_gives_the_same(int hidden, int lanes, string way, bool bfloat16)
    {
        RecurrenceWay asked = Enum.Parse<RecurrenceWay>(way);

        // Few multiprocessors want slices of 32 units, which are otherwise not taken.
        using Card card = asked == RecurrenceWay.Hopper
            ? TestCard.OpenHopper(bfloat16, asked, multiprocessors: hidden == 256 ? 24 : 64)
            : TestCard.Open(bfloat16, asked);
        GruConfig config = s_plain with { EmbeddingDim = 64, HiddenDim = hidden };
        var options = new ModelOptions { Seed = 3 };
        using var compute = Compute.Create(1, Precision.Fp32);
        using var plain = GruLanguageModel.Create(config, compute, options);
        using var model = new CudaGruModel(card, plain.Parameters.Copy(config), options);
        for (int step = 0; step < 3; step++)
        {
            TokenBatch batch = ModelPair.Batch(config, steps: 4, lanes, seed: step);
            LossSums expected = plain.ForwardBackward(batch, 100, step), actual = model.ForwardBackward(batch, 100, step);
            ModelPair.Close(expected.Nll, actual.Nll, bfloat16 ? 2e-4 : 2e-6, $"loss of step {step}");
        }

        using GruParameters gradients = model.CopyGradients();
        ModelPair.Equal(plain.Gradients, gradients, bfloat16 ? 2e-2 : 3e-5, "gradients");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void In_bfloat16_losses_and_gradients_are_near_the_processors(string name)
    {
        using Card card = TestCard.Open(bfloat16: true);
        Agree(card, name, steps: 3);
    }

    // One kind in float32, the next in bfloat16.
    [Theory]
    [MemberData(nameof(Cases))]
    public void On_Hopper_losses_and_gradients_are_the_processors(string name)
    {
        using Card card = TestCard.OpenHopper(bfloat16: name.Length % 2 == 0);
        Agree(card, name, steps: 2);
    }

    // Threads, copies and products in any order.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_recurrence_of_Hopper_gives_the_same_in_any_order(bool bfloat16)
    {
        TestCard.RequireStandIn();
        GruConfig config = s_plain with { EmbeddingDim = 64, HiddenDim = 64 };
        TokenBatch batch = ModelPair.Batch(config, steps: 3, lanes: 70, seed: 1);
        float[]? first = null;
        foreach (ulong seed in (ulong[])[0, 5, 6])
        {
            using Card card = TestCard.OpenHopper(bfloat16, RecurrenceWay.Hopper, seed: seed);
            using var parameters = new GruParameters(config);
            ParameterInitializer.Fill(parameters, 6);
            using var model = new CudaGruModel(card, parameters.Copy(config), new ModelOptions());
            model.ForwardBackward(batch, 100, 0);
            using GruParameters gradients = model.CopyGradients();
            float[] found = [.. gradients.Views.SelectMany(view => gradients.Read(view.Name))];
            Assert.Equal(first ??= found, found);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_card_with_little_shared_memory_will_do(bool bfloat16)
    {
        using Card card = TestCard.OpenSmall(bfloat16);
        GruConfig config = s_plain with { HiddenDim = 128 };
        using var compute = Compute.Create(1, Precision.Fp32);
        using var plain = GruLanguageModel.Create(config, compute, new ModelOptions());
        using var model = new CudaGruModel(card, plain.Parameters.Copy(config), new ModelOptions());
        TokenBatch batch = ModelPair.Batch(config, steps: 3, lanes: 20, seed: 1);
        LossSums expected = plain.ForwardBackward(batch, 50, 0), actual = model.ForwardBackward(batch, 50, 0);
        ModelPair.Close(expected.Nll, actual.Nll, bfloat16 ? 2e-4 : 2e-6, "loss");
        ModelPair.Close(plain.Evaluate(batch).Nll, model.Evaluate(batch).Nll, bfloat16 ? 2e-4 : 2e-6, "loss of evaluation");
    }

    /// <inheritdoc/>
    public void Dispose() => _card?.Dispose();

    private static void Agree(Card card, string name, int steps)
    {
        (GruConfig config, ModelOptions options) = s_cases[name];
        using var pair = new ModelPair(card, config, options);
        for (int step = 0; step < steps; step++)
        {
            TokenBatch batch = pair.Batch(steps: 5, lanes: 3, seed: step);
            batch.StartsFresh = step == 0;
            pair.Step(batch, step, $"step {step}");
            pair.Update(0.01);
        }

        pair.Score(pair.Batch(steps: 9, lanes: 2, seed: 9), "score");
    }
}
