// What PyTorch saved becomes a model with PyTorch's own logits, and what is no model of this architecture is refused in one line.

using System.Text.Json;
using GruLM.Generation;
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

    private static void Import(ImportSettings settings) => ModelImport.Run(settings);
}
