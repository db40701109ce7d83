// What is exported comes back the same, for every kind of model, and nothing half-written is left.

using GruLM.Formats;
using GruLM.Model;

namespace GruLM.Tests;

public sealed class ModelExportTests : IDisposable
{
    private readonly ExchangeFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(false, false, false, 1)]
    [InlineData(true, false, false, 2)]
    [InlineData(true, true, true, 3)]
    [InlineData(false, true, false, 2)]
    [InlineData(false, false, true, 2)]
    public void What_is_exported_comes_back(bool tied, bool norm, bool residual, int layers)
    {
        string source = Random(tied, norm, residual, layers), pt = _fixture.In("x.pt"), tensors = _fixture.In("x.safetensors");
        string folder = _fixture.In("hugging-face");

        ModelExport.ToPyTorch(new ExportSettings { Model = source, Out = pt, WithCode = true });
        ModelExport.ToSafetensors(new ExportSettings { Model = source, Out = tensors });
        ModelExport.ToHuggingFace(new ExportSettings { Model = source, Out = folder });

        string[] targets = [pt, tensors, folder];
        for (int i = 0; i < targets.Length; i++)
        {
            string back = _fixture.In($"back-{i}");
            ModelImport.Run(
                new ImportSettings
                {
                    Weights = targets[i],
                    Tokenizer = targets[i] == folder ? null : ExchangeFixture.Tokenizer,
                    OutDir = back,
                    Residual = targets[i] == folder ? null : residual,
                    Dropout = targets[i] == folder ? null : 0.25,
                    Samples = targets[i] == folder ? null : SampleKind.Stream,
                },
                TestContext.Current.CancellationToken);
            ExchangeFixture.AssertSame(source, back);
        }

        using var file = PyTorchFile.Open(pt);
        Assert.True(file.TryFind("out.weight", out PyTorchTensor? output));
        Assert.True(file.TryFind("embedding.weight", out PyTorchTensor? embedding));
        Assert.Equal(tied, output.Storage == embedding.Storage);
        string code = File.ReadAllText(_fixture.In("model.py"));
        Assert.Contains(residual ? "RESIDUAL = True" : "RESIDUAL = False", code, StringComparison.Ordinal);
        Assert.Contains("FILE = \"x.pt\"", code, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_fixture.Root, "*.tmp"));
    }

    [Theory]
    [InlineData(TensorType.F16, 0.001)]
    [InlineData(TensorType.BF16, 0.005)]
    public void Narrow_types_come_back_rounded(TensorType type, double share)
    {
        string source = Random(tied: true, norm: false, residual: false, layers: 1), folder = _fixture.In("narrow");
        ModelExport.ToHuggingFace(new ExportSettings { Model = source, Out = folder, Type = type });
        ModelExport.ToHuggingFace(new ExportSettings { Model = source, Out = folder, Type = type });

        (GruParameters whole, _) = ModelFile.Load(source);
        (GruParameters narrow, _) = ModelFile.Load(folder);
        using (whole)
        using (narrow)
        {
            float[] expected = whole.Read("gru.weight_hh_l0"), found = narrow.Read("gru.weight_hh_l0");
            Assert.NotEqual(expected, found);
            Assert.All(expected.Zip(found), pair => Assert.InRange(pair.Second, pair.First - share, pair.First + share));
        }

        Assert.Contains("library_name: grulm", File.ReadAllText(Path.Combine(folder, "README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_that_an_index_lists_are_one_model()
    {
        string source = Random(tied: false, norm: true, residual: false, layers: 2), folder = _fixture.In("parts");
        Directory.CreateDirectory(folder);
        using (var whole = SafetensorsFile.Open(Path.Combine(source, ModelFile.WeightsName)))
        {
            var map = new List<string>();
            foreach ((TensorEntry tensor, int i) in whole.Tensors.Select((tensor, i) => (tensor, i)))
            {
                byte[] bytes = new byte[tensor.ByteCount];
                whole.ReadBytes(tensor, bytes);
                string part = $"model-{i}.safetensors";
                Safetensors.Write(
                    Path.Combine(folder, part), [NamedTensor.FromBytes(tensor.Name, tensor.Type, bytes, [.. tensor.Shape])]);
                map.Add($"\"{tensor.Name}\": \"{part}\"");
            }

            string index = "{\"weight_map\": {" + string.Join(", ", map) + "}}";
            File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), index);
        }

        File.Copy(Path.Combine(source, ModelFile.ConfigName), Path.Combine(folder, ModelFile.ConfigName));
        File.Copy(ExchangeFixture.Tokenizer, Path.Combine(folder, ModelFolder.TokenizerName));
        ModelImport.Run(new ImportSettings { Weights = folder, OutDir = _fixture.Model }, TestContext.Current.CancellationToken);

        ExchangeFixture.AssertSame(source, _fixture.Model);
        File.WriteAllText(
            Path.Combine(folder, "model.safetensors.index.json"),
            "{\"weight_map\": {\"embedding.weight\": \"../model/model.safetensors\"}}");
        var again = new ImportSettings { Weights = folder, OutDir = _fixture.In("again") };
        Assert.Contains(
            "a file name alone", Assert.Throws<InvalidDataException>(() => ModelImport.Run(again)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_something_else_in_it_stays()
    {
        string source = Random(tied: true, norm: false, residual: false, layers: 1), folder = _fixture.In("mine");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "letter.txt"), "dear");

        Assert.Throws<IOException>(() => ModelExport.ToHuggingFace(new ExportSettings { Model = source, Out = folder }));
        Assert.Throws<ArgumentException>(() => ModelExport.ToHuggingFace(new ExportSettings { Model = source, Out = source }));
        Assert.Equal(["letter.txt"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName));
    }

    private string Random(bool tied, bool norm, bool residual, int layers)
    {
        var config = new GruConfig
        {
            VocabSize = 60,
            EmbeddingDim = tied ? 8 : 6,
            HiddenDim = 8,
            NumLayers = layers,
            Dropout = 0.25,
            TieWeights = tied,
            LayerNorm = norm,
            Residual = residual,
        };
        string folder = _fixture.In("source");
        using var parameters = new GruParameters(config);
        var random = new Random(layers);
        foreach (ParameterView view in parameters.Views)
        {
            parameters.Write(view.Name, [.. Enumerable.Range(0, (int)view.Length).Select(_ => (float)(random.NextDouble() - 0.5))]);
        }

        ModelFile.Save(folder, parameters, SampleKind.Stream);
        File.Copy(ExchangeFixture.Tokenizer, Path.Combine(folder, ModelFolder.TokenizerName));
        return folder;
    }
}
