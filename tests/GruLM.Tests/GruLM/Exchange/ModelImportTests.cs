// What PyTorch saved becomes a model with PyTorch's own logits, and what is no model of this architecture is refused in one line.

using System.Text.Json;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests;

public sealed class ModelImportTests : IDisposable
{
    private readonly ExchangeFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("untied-1", 8, 12, 1, false)]
    [InlineData("tied-2", 10, 10, 2, true)]
    [InlineData("tied-once-2", 10, 10, 2, true)]
    [InlineData("half-3", 6, 9, 3, false)]
    [InlineData("bf16-2", 8, 8, 2, false)]
    [InlineData("double-nobias-1", 8, 8, 1, false)]
    [InlineData("strided-1", 7, 8, 1, false)]
    [InlineData("original", 16, 16, 2, true)]
    public void What_PyTorch_saved_gives_its_logits(string name, int width, int units, int layers, bool tied)
    {
        (GruConfig config, _) = ModelImport.Run(_fixture.Import(ExchangeFixture.File(name + ".pt")), TestContext.Current.CancellationToken);

        Assert.Equal((width, units, layers, tied), (config.EmbeddingDim, config.HiddenDim, config.NumLayers, config.TieWeights));
        ExchangeFixture.AssertLogits(_fixture.Model, name);
    }

    // Computed by the model.py that is written beside exported models.
    [Theory]
    [InlineData("residual-3", true, false)]
    [InlineData("norm-3", false, true)]
    [InlineData("norm-residual-3", true, true)]
    public void What_stands_between_layers_gives_the_logits_of_the_exported_program(string name, bool residual, bool norm)
    {
        string weights = ExchangeFixture.File(name + ".pt");
        ImportSettings settings = _fixture.Import(weights) with { Residual = residual };
        (GruConfig config, _) = ModelImport.Run(settings, TestContext.Current.CancellationToken);

        Assert.Equal((norm, residual, norm), (config.LayerNorm, config.Residual, config.TieWeights));
        ExchangeFixture.AssertLogits(_fixture.Model, name);

        // The same weights without what stands between: other logits.
        ImportSettings other = _fixture.Import(weights) with { Residual = !residual, Overwrite = true };
        ModelImport.Run(other, TestContext.Current.CancellationToken);
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => ExchangeFixture.AssertLogits(_fixture.Model, name));
    }

    [Fact]
    public void Other_names_come_in_through_a_map()
    {
        string weights = ExchangeFixture.File("named-1.pt"), map = _fixture.In("map.json");
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Import(_fixture.Import(weights)));
        Assert.Contains("'Map'", error.Message, StringComparison.Ordinal);
        Assert.Contains("gru.weight_ih_l0", error.Message, StringComparison.Ordinal);

        File.WriteAllText(map, """
            {"wte.weight": "embedding.weight", "head.weight": "out.weight", "head.bias": "", "rnn.weight_ih_l0": "gru.weight_ih_l0",
            "rnn.weight_hh_l0": "gru.weight_hh_l0", "rnn.bias_ih_l0": "gru.bias_ih_l0", "rnn.bias_hh_l0": "gru.bias_hh_l0"}
            """);
        Import(_fixture.Import(weights) with { Map = map });
        ExchangeFixture.AssertLogits(_fixture.Model, "named-1");
    }

    [Theory]
    [InlineData("bad-bidirectional", "_reverse of shape [24")]
    [InlineData("bad-bias", "out.bias of shape [60]")]
    [InlineData("bad-lstm", "gru.weight_hh_l0 of shape [32, 8]")]
    [InlineData("bad-old", "before 1.6")]
    public void What_models_here_lack_is_an_error_that_names_it(string name, string expected)
    {
        string weights = ExchangeFixture.File(name + ".pt");
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Import(_fixture.Import(weights)));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(_fixture.Root));
    }

    [Fact]
    public void A_tokenizer_of_another_size_is_refused()
    {
        using var tiny = new TinyModel(SampleKind.Stream);
        ImportSettings settings = _fixture.Import(ExchangeFixture.File("untied-1.pt")) with { Tokenizer = tiny.Folder };

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Import(settings));

        Assert.Contains("60 rows", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_replaced_when_told_and_then_only_if_it_is_a_model()
    {
        ImportSettings settings = _fixture.Import(ExchangeFixture.File("untied-1.pt"));
        Import(settings);
        Assert.Throws<IOException>(() => Import(settings));
        Import(settings with { Weights = ExchangeFixture.File("tied-2.pt"), Overwrite = true });
        ExchangeFixture.AssertLogits(_fixture.Model, "tied-2");
        Assert.Equal([_fixture.Model], Directory.GetFileSystemEntries(_fixture.Root));

        File.Delete(Path.Combine(_fixture.Model, ModelFile.ConfigName));
        Assert.Throws<IOException>(() => Import(settings with { Overwrite = true }));
    }

    [Fact]
    public void The_original_is_scored_as_by_PyTorch()
    {
        Import(_fixture.Import(ExchangeFixture.File("original.pt")));
        JsonElement facts = ExchangeFixture.Facts("original");
        string[] lines = [.. facts.GetProperty("lines").EnumerateArray().Select(line => line.GetString()!)];
        double[] nlls = [.. facts.GetProperty("nlls").EnumerateArray().Select(nll => nll.GetDouble())];
        string text = _fixture.In("lines.txt");
        File.WriteAllText(text, string.Join('\n', lines) + "\r\n");

        EvaluationFigures figures = ModelEvaluation.Run(
            new EvaluationSettings { Model = _fixture.Model, Data = [text], Threads = 1 }, cancel: TestContext.Current.CancellationToken);

        int tokens = facts.GetProperty("tokens").GetInt32();
        Assert.Equal(tokens, figures.Plain.Sums.Tokens);
        Assert.Equal(nlls.Sum() / tokens, figures.Plain.Sums.Nll / tokens, 1e-5);

        using var model = LanguageModel.Open(_fixture.Model, threads: 1, weights: WeightFormat.Fp32);
        Assert.Equal(SampleKind.Lines, model.Samples);
        for (int i = 0; i < lines.Length; i++)
        {
            using var line = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(lines[i]));
            Assert.Equal(-nlls[i], model.Score(line).Sum(token => token.LogProb ?? 0), 1e-4);
            Assert.Equal(-nlls[i], model.LogProb("", lines[i]), 1e-4);
        }
    }

    [Fact]
    public void The_original_goes_on_as_in_PyTorch_and_answers_in_a_chat()
    {
        Import(_fixture.Import(ExchangeFixture.File("original.pt")));
        JsonElement facts = ExchangeFixture.Facts("original");
        string prompt = facts.GetProperty("prompt").GetString()!, reply = facts.GetProperty("reply").GetString()!;
        using var model = LanguageModel.Open(_fixture.Model, threads: 1, weights: WeightFormat.Fp32);
        var greedy = new GenerationOptions { Sampling = new SamplingOptions { Temperature = 0 } };

        Assert.Equal(reply.Trim(), string.Concat(model.Generate(prompt, greedy)).Trim());
        Assert.Contains("<pad>", model.Defaults.StopTokens);
        Assert.True(model.Defaults.Chat.IsTrained);
        Assert.NotNull(string.Concat(model.Generate("", greedy)));
    }

    [Fact]
    public void The_original_is_trained_on_with_nothing_before_its_lines_and_behind_them()
    {
        Import(_fixture.Import(ExchangeFixture.File("original.pt")));
        JsonElement facts = ExchangeFixture.Facts("original");
        string[] lines = [.. facts.GetProperty("lines").EnumerateArray().Select(line => line.GetString()!)];
        double nll = facts.GetProperty("nlls").EnumerateArray().Sum(nll => nll.GetDouble()) / facts.GetProperty("tokens").GetInt32();
        string text = _fixture.In("lines.txt"), trained = _fixture.In("trained");
        File.WriteAllLines(text, lines);
        var settings = new TrainingSettings
        {
            Data = [text],
            ValData = text,
            InitFrom = _fixture.Model,
            OutDir = trained,
            Epochs = 20,
            BatchSize = 2,
            Dropout = 0,
            LearningRate = 0.003,
            SampleEvery = 5,
            Threads = 1,
            Precision = Precision.Fp32,
        };
        var samples = new Samples();
        RunOutcome outcome;
        using (var run = TrainingRun.Start(settings, samples))
        {
            // What the run begins with is PyTorch's own figure, of the same tokens.
            Assert.Equal(facts.GetProperty("tokens").GetInt32(), run.Plan.TokensPerEpoch);
            Assert.Equal(nll, Nll(run.Plan.Before!.Value), 1e-5);
            outcome = run.Run(TestContext.Current.CancellationToken);
        }

        Assert.True(Nll(outcome.FineTuning!.After) < nll);
        Assert.Equal(3, outcome.Answers!.Learned.Questions);
        Assert.NotEmpty(samples);

        // The new folder's lines stand alone too, so that evaluating gives the run's own figure; padding ends its texts still.
        (GruConfig config, SampleKind kind) = ModelFile.LoadConfig(trained);
        Assert.Equal((false, SampleKind.Lines), (config.Opening, kind));
        Assert.Contains("<pad>", GenerationConfig.Load(trained, kind).StopTokens);
        EvaluationFigures evaluated = ModelEvaluation.Run(trained, TestContext.Current.CancellationToken);
        Assert.Equal(Nll(outcome.FineTuning!.After), Nll(evaluated.Plain), 1e-6);

        // It goes on, and is trained further in its turn; as a stream it is framed as streams are.
        using (var more = TrainingRun.Resume(trained, told => told with { Epochs = 21 })) more.Run(TestContext.Current.CancellationToken);
        string again = _fixture.In("again");
        using (var run = TrainingRun.Start(settings with { InitFrom = trained, OutDir = again, Epochs = 1 })) run.Run();
        Assert.False(ModelFile.LoadConfig(again).Config.Opening);
        TrainingSettings stream = settings with { OutDir = _fixture.In("stream"), Samples = SampleKind.Stream, Epochs = 1 };
        using (var run = TrainingRun.Start(stream)) run.Run(TestContext.Current.CancellationToken);
        Assert.True(ModelFile.LoadConfig(stream.OutDir).Config.Opening);
    }

    private static void Import(ImportSettings settings) => ModelImport.Run(settings);

    private static double Nll(GruLM.Training.EvaluationResult result) => result.Sums.Nll / result.Sums.Tokens;

    private sealed class Samples : List<string>, IRunObserver
    {
        public void OnSample(TrainingSample sample) => Add(sample.Text);
    }
}
