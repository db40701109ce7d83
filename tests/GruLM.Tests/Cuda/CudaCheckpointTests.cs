// Checkpoints move between a card and the processor: what one wrote the other goes on with, and comes to the same losses within rounding.

using GruLM.Cuda;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Cuda;

[Collection(StandIn.Collection)]
public sealed class CudaCheckpointTests : IDisposable
{
    private static readonly GruConfig s_config = new()
    {
        VocabSize = 40,
        EmbeddingDim = 20,
        HiddenDim = 36,
        NumLayers = 2,
        Dropout = 0.1,
    };

    private static readonly Dictionary<string, ModelOptions> s_cases = new()
    {
        ["adamw"] = new ModelOptions { Seed = 2, Optimizer = new AdamWOptions { AverageDecay = 0.9 } },
        ["sgd"] = new ModelOptions { Seed = 2, Optimizer = new SgdOptions { WeightDecay = 0.01 } },
        ["muon"] = new ModelOptions { Seed = 2, Optimizer = new MuonOptions { Every = 2, AverageDecay = 0.8 } },
        ["recurrent"] = new ModelOptions { Seed = 2, Regularisation = new Regularisation { RecurrentDropout = 0.3, LockedDropout = true } },
    };

    private readonly string _root = Directory.CreateTempSubdirectory("grulm-card-").FullName;
    private readonly Compute _compute = Compute.Create(1, Precision.Fp32);

    public static TheoryData<string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (string name in s_cases.Keys)
            {
                cases.Add(name, false);
                cases.Add(name, true);
            }

            return cases;
        }
    }

    private string State => Path.Combine(_root, "training.safetensors");

    public void Dispose()
    {
        _compute.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_one_has_written_the_other_goes_on_with(string name, bool fromCard)
    {
        ModelOptions options = s_cases[name];
        using Card card = TestCard.Open(bfloat16: false);
        using ITrainableModel first = fromCard ? OnCard(card, Start(), options) : OnProcessor(Start(), options);
        for (int step = 0; step < 3; step++) Train(first, step, 0.01);
        first.Save(_root);
        first.SaveTrainingState(State);

        GruParameters saved = ModelFile.Load(_root).Parameters;
        using ITrainableModel second = fromCard ? OnProcessor(saved, options) : OnCard(card, saved, options);
        second.LoadTrainingState(State);
        for (int step = 3; step < 6; step++)
        {
            // The states that lanes carry, dropout and the optimizer's memory all go into these.
            double[] expected = Train(first, step, 1e-3), actual = Train(second, step, 1e-3);
            ModelPair.Close(expected[0], actual[0], 1e-5, $"step {step}: loss");
            ModelPair.Close(expected[1], actual[1], 1e-5, $"step {step}: loss of the second part");
            ModelPair.Close(expected[2], actual[2], 1e-4, $"step {step}: norm");
        }

        TokenBatch text = ModelPair.Batch(s_config, steps: 7, lanes: 2, seed: 50);
        first.SwapAverage();
        second.SwapAverage();
        ModelPair.Close(first.Evaluate(text).Nll, second.Evaluate(text).Nll, 1e-5, "average");
    }

    [Fact]
    public void Another_optimizers_state_is_refused_and_nothing_has_changed()
    {
        using Card card = TestCard.Open(bfloat16: false);
        using CudaGruModel model = OnCard(card, Start(), s_cases["adamw"]), other = OnCard(card, Start(), s_cases["sgd"]);
        Train(other, 0, 0.01);
        other.SaveTrainingState(State);
        Assert.Throws<InvalidDataException>(() => model.LoadTrainingState(State));
        using CudaGruModel untouched = OnCard(card, Start(), s_cases["adamw"]);
        Assert.Equal(Train(untouched, 0, 0.01), Train(model, 0, 0.01));
    }

    private static CudaGruModel OnCard(Card card, GruParameters parameters, ModelOptions options) => new(card, parameters, options);

    private GruLanguageModel OnProcessor(GruParameters parameters, ModelOptions options) => new(parameters, _compute, options);

    private GruParameters Start()
    {
        var parameters = new GruParameters(s_config);
        ParameterInitializer.Fill(parameters, 6, _compute.Team);
        return parameters;
    }

    // A batch in two parts and its update: both losses and the norm.
    private static double[] Train(ITrainableModel model, int step, double rate)
    {
        double[] figures = new double[3];
        for (int part = 0; part < 2; part++)
        {
            TokenBatch batch = ModelPair.Batch(s_config, steps: 5, lanes: 3, seed: (2 * step) + part);
            batch.Part = part;
            figures[part] = model.ForwardBackward(batch, 20, step).Nll;
        }

        figures[2] = model.GradientNorm();
        model.Update(rate, 1);
        return figures;
    }
}
