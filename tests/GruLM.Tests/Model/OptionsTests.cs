// What a library is told is checked by the library, in the words of its properties: zero, negative, no number, too large.

using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests.Model;

public class OptionsTests
{
    private static readonly GruConfig s_sizes = new() { VocabSize = 20, EmbeddingDim = 8, HiddenDim = 8, NumLayers = 1 };
    private static readonly double[] s_noNumbers = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -1e-9, -1];

    [Fact]
    public void Sizes_are_checked()
    {
        Refuses("VocabSize", size => (s_sizes with { VocabSize = size }).Validate(), 0, 1, -1, GruConfig.MaxVocabSize + 1, int.MaxValue);
        Refuses("EmbeddingDim", size => (s_sizes with { EmbeddingDim = size }).Validate(), 0, -1, GruConfig.MaxWidth + 1, int.MaxValue);
        Refuses("HiddenDim", size => (s_sizes with { HiddenDim = size }).Validate(), 0, -1, GruConfig.MaxWidth + 1, int.MinValue);
        Refuses("NumLayers", size => (s_sizes with { NumLayers = size }).Validate(), 0, -1, GruConfig.MaxLayers + 1, int.MaxValue);
        Refuses("Dropout", share => (s_sizes with { Dropout = share }).Validate(), [1, 2, .. s_noNumbers]);
        Refuses(
            "VocabSize' of 4194304 times 'HiddenDim", (int _) =>
                (s_sizes with { VocabSize = GruConfig.MaxVocabSize, HiddenDim = 1024 }).Validate(), 0);
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => (s_sizes with { HiddenDim = 9, TieWeights = true }).Validate());
        Assert.Equal(
            "'HiddenDim' must equal 'EmbeddingDim' when 'TieWeights' is set, and they are 9 and 8: "
            + "make them equal or set 'TieWeights = false'",
            error.Message);
        s_sizes.Validate();
    }

    [Fact]
    public void Regularisation_is_checked()
    {
        double[] noShares = [1, 2, .. s_noNumbers], noPenalties = [1e7, double.MaxValue, .. s_noNumbers];
        Refuses("InputDropout", share => new Regularisation { InputDropout = share }.Validate(), noShares);
        Refuses("OutputDropout", share => new Regularisation { OutputDropout = share }.Validate(), noShares);
        Refuses("EmbeddingDropout", share => new Regularisation { EmbeddingDropout = share }.Validate(), noShares);
        Refuses("RecurrentDropout", share => new Regularisation { RecurrentDropout = share }.Validate(), noShares);
        Refuses("ActivationPenalty", factor => new Regularisation { ActivationPenalty = factor }.Validate(), noPenalties);
        Refuses("SlownessPenalty", factor => new Regularisation { SlownessPenalty = factor }.Validate(), noPenalties);
        new Regularisation().Validate();
    }

    [Fact]
    public void Optimizers_are_checked_before_a_model_is_made()
    {
        using var compute = Compute.Create(1);
        double[] noShares = [1, 2, .. s_noNumbers], noDecays = [10.1, double.MaxValue, .. s_noNumbers];
        RefusesOption("WeightDecay", decay => new AdamWOptions { WeightDecay = decay }, noDecays);
        RefusesOption("WeightDecay", decay => new SgdOptions { WeightDecay = decay }, noDecays);
        RefusesOption("AverageDecay", decay => new MuonOptions { AverageDecay = decay }, noShares);
        RefusesOption("Beta1", beta => new AdamWOptions { Beta1 = beta }, noShares);
        RefusesOption("Beta2", beta => new MuonOptions { Beta2 = beta }, noShares);
        RefusesOption("Epsilon", epsilon => new AdamWOptions { Epsilon = epsilon }, [0, 1.1, .. s_noNumbers]);
        RefusesOption("Momentum", momentum => new SgdOptions { Momentum = momentum }, noShares);
        RefusesOption("Momentum", momentum => new MuonOptions { Momentum = momentum }, noShares);
        RefusesOption("RateFactor", factor => new MuonOptions { RateFactor = factor }, [0, 1e7, .. s_noNumbers]);
        RefusesOption("Every", every => new MuonOptions { Every = (int)every }, [0, -1, 1001]);
        RefusesOption("Samples", null, [2]);

        void RefusesOption(string property, Func<double, OptimizerOptions>? optimizer, double[] values) =>
            Refuses(
                property,
                value => GruLanguageModel.Create(
                    s_sizes, compute,
                    optimizer is null ? new ModelOptions { Samples = (SampleKind)value } : new() { Optimizer = optimizer(value) }),
                values);
    }

    [Fact]
    public void Dynamic_evaluation_is_checked()
    {
        Refuses("Segment", segment => new DynamicOptions { Segment = segment }.Validate(), 0, -1, 65537, int.MaxValue);
        Refuses("LearningRate", rate => new DynamicOptions { LearningRate = rate }.Validate(), [1.1, .. s_noNumbers]);
        Refuses("Decay", decay => new DynamicOptions { Decay = decay }.Validate(), [1.1, .. s_noNumbers]);
        new DynamicOptions().Validate();
    }

    [Fact]
    public void Batches_are_checked()
    {
        Refuses("Steps", steps => _ = new TokenBatch(steps, 1), 0, -1, int.MinValue, int.MaxValue);
        Refuses("Lanes", lanes => _ = new TokenBatch(1, lanes), 0, -1, int.MinValue, int.MaxValue);
        Refuses("Steps' of 65536 times 'Lanes", (int size) => _ = new TokenBatch(65536, size), 65536);
        Refuses("Part", part => new TokenBatch(1, 1).Part = part, -1, TokenBatch.MaxParts, int.MaxValue);
    }

    [Fact]
    public void Ways_to_cut_a_text_are_checked()
    {
        int[] text = new int[100];
        Refuses("Lanes", lanes => _ = new TokenStream(text, lanes, 8, 1), 0, -1);
        Refuses("Bptt", steps => _ = new TokenStream(text, 4, steps, 1), 0, -1);
        Refuses("FreshEvery", every => _ = new TokenStream(text, 4, 8, 1, false, every), -1);
        Refuses("BatchSize", size => _ = new LineSamples([text], 1, 2, size, 8, 1), 0, -1);
        Refuses("Bptt", steps => _ = new LineSamples([text], 1, 2, 4, steps, 1), 0, -1);
    }

    [Fact]
    public void Threads_are_checked() => Refuses("Threads", threads => Compute.Create(threads).Dispose(), -1, 1025, int.MaxValue);

    private static void Refuses(string property, Action<int> use, params int[] values) =>
        Assert.All(values, value => Says(property, Assert.ThrowsAny<ArgumentException>(() => use(value))));

    private static void Refuses(string property, Action<double> use, double[] values) =>
        Assert.All(values, value => Says(property, Assert.ThrowsAny<ArgumentException>(() => use(value))));

    private static void Says(string property, ArgumentException error) =>
        Assert.StartsWith($"'{property}' ", error.Message, StringComparison.Ordinal);
}
