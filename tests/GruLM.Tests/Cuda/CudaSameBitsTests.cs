// The same batch gives the same bits: in two models, in whatever order the card's threads come (the stand-in shuffles them by a seed), and
// whether what the card does was recorded or not.

using System.Runtime.InteropServices;
using GruLM.Cuda;
using GruLM.Model;

namespace GruLM.Tests.Cuda;

[Collection(StandIn.Collection)]
public class CudaSameBitsTests
{
    private static readonly GruConfig s_config = new()
    {
        VocabSize = 50,
        EmbeddingDim = 20,
        HiddenDim = 40,
        NumLayers = 2,
        Residual = true,
        LayerNorm = true,
        Dropout = 0.2,
    };

    private static readonly ModelOptions s_options = new()
    {
        Seed = 4,
        Optimizer = new MuonOptions { AverageDecay = 0.9 },
        Regularisation = new Regularisation { RecurrentDropout = 0.2, EmbeddingDropout = 0.1, OutputDropout = 0.1, SlownessPenalty = 1 },
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Training_twice_gives_the_same_parameters(bool bfloat16)
    {
        uint[] first = Train(bfloat16, seed: 0);
        Assert.Equal(first, Train(bfloat16, seed: 0));
        Assert.SkipWhen(TestCard.IsReal, "only the stand-in has other orders of threads");
        Assert.Equal(first, Train(bfloat16, seed: 77));
    }

    // Memory is used again for other things, and nothing that is not a number may be left in it.
    [Theory]
    [InlineData(false, 40)]
    [InlineData(true, 40)]
    [InlineData(false, 64)]
    [InlineData(true, 64)]
    public void A_batch_that_overflowed_leaves_nothing_behind(bool bfloat16, int units)
    {
        GruConfig config = s_config with { HiddenDim = units };
        using Card card = TestCard.Open(bfloat16);
        using CudaGruModel model = new(card, Parameters(config), s_options), same = new(card, Parameters(config), s_options);
        TokenBatch large = ModelPair.Batch(config, steps: 40, lanes: 20, seed: 1);
        TokenBatch small = ModelPair.Batch(config, steps: 3, lanes: 5, seed: 2);
        foreach (CudaGruModel each in (CudaGruModel[])[model, same]) each.ForwardBackward(large, 20, step: 1);
        float[] weights = model.Parameters.Read("out.weight");
        model.Parameters.Write("out.weight", [.. weights.Select(_ => float.MaxValue)]);
        model.ParametersChanged();
        Assert.False(double.IsFinite(model.ForwardBackward(large, 20, step: 2).Nll));
        model.Parameters.Write("out.weight", weights);
        model.ParametersChanged();
        small.StartsFresh = true;
        foreach (CudaGruModel each in (CudaGruModel[])[model, same]) each.DiscardGradients();
        for (int step = 3; step < 6; step++)
        {
            Assert.Equal(same.ForwardBackward(small, 20, step), model.ForwardBackward(small, 20, step));
            using GruParameters expected = same.CopyGradients(), actual = model.CopyGradients();
            Assert.Equal(Bits(expected), Bits(actual));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_recorded_gives_the_bits_of_the_first_pass(bool bfloat16)
    {
        using Card card = TestCard.Open(bfloat16);
        using var model = new CudaGruModel(card, Parameters(s_config), s_options);
        var passes = new List<uint[]>();
        var scores = new List<uint[]>();
        TokenBatch batch = ModelPair.Batch(s_config, steps: 6, lanes: 5, seed: 1);
        batch.StartsFresh = true;
        for (int i = 0; i < 4; i++)
        {
            model.DiscardGradients();
            LossSums sums = model.ForwardBackward(batch, 20, step: 2);
            using GruParameters gradients = model.CopyGradients();
            passes.Add([.. Bits(gradients), (uint)BitConverter.DoubleToInt64Bits(sums.Nll)]);
            float[] logProbs = new float[batch.Targets.Length];
            model.Score(batch, logProbs);
            scores.Add(MemoryMarshal.Cast<float, uint>(logProbs).ToArray());
        }

        Assert.All(passes, pass => Assert.Equal(passes[0], pass));
        Assert.All(scores, score => Assert.Equal(scores[0], score));
    }

    private static uint[] Train(bool bfloat16, ulong seed)
    {
        using Card card = TestCard.Open(bfloat16, seed: seed);
        using var model = new CudaGruModel(card, Parameters(s_config), s_options);
        for (int step = 0; step < 3; step++)
        {
            for (int part = 0; part < 2; part++)
            {
                TokenBatch batch = ModelPair.Batch(s_config, steps: 5, lanes: 3, seed: (2 * step) + part);
                batch.Part = part;
                model.ForwardBackward(batch, 20, step);
            }

            model.Update(0.01, 1 / Math.Max(1, model.GradientNorm()));
        }

        uint[] trained = Bits(model.Parameters);
        model.SwapAverage();
        return [.. trained, .. Bits(model.Parameters)];
    }

    private static GruParameters Parameters(GruConfig config)
    {
        var parameters = new GruParameters(config);
        var random = new Random(8);
        foreach (ParameterView view in parameters.Views)
        {
            parameters.Write(view.Name, [.. Enumerable.Range(0, (int)view.Length).Select(_ => (random.NextSingle() - 0.5f) / 2)]);
        }

        return parameters;
    }

    private static uint[] Bits(GruParameters parameters) =>
        [.. parameters.Views.SelectMany(view => MemoryMarshal.Cast<float, uint>(parameters.Read(view.Name)).ToArray())];
}
