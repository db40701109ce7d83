// Model folders: what is written comes back, and every way in which a folder can be wrong is said in one line.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Model;

public sealed class ModelFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-model-").FullName;
    private readonly GruConfig _config = new()
    {
        VocabSize = 20,
        EmbeddingDim = 6,
        HiddenDim = 6,
        NumLayers = 2,
        Dropout = 0.25,
        TieWeights = true
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_saved_loads_again(bool tied)
    {
        using GruParameters parameters = GradientTests.RandomParameters(
            _config with { TieWeights = tied, LayerNorm = tied, Residual = !tied }, 1);
        ModelFile.Save(_folder, parameters, SampleKind.Lines);
        (GruParameters? loaded, SampleKind samples) = ModelFile.Load(_folder);
        using (loaded)
        {
            Assert.Equal(parameters.Config, loaded.Config);
            Assert.Equal(SampleKind.Lines, samples);
            foreach (ParameterView view in parameters.Views)
            {
                Assert.Equal(parameters.Span(view.Name).ToArray(), loaded.Span(view.Name).ToArray());
            }
        }
    }

    [Fact]
    public void Training_state_comes_back_so_that_the_next_step_has_the_same_bits()
    {
        using var compute = Compute.Create(1);
        using var model = new GruLanguageModel(GradientTests.RandomParameters(_config, 0.3), compute, seed: 2);
        void Step(GruLanguageModel m, int step)
        {
            TokenBatch batch = GradientTests.RandomBatch(5, 4, _config.VocabSize, step, fresh: false);
            m.ForwardBackward(batch, GradientTests.Counted(batch), step);
            m.Update(0.01, 1);
        }

        Step(model, 0);
        Step(model, 1);
        model.Save(_folder);
        model.SaveTrainingState(Path.Combine(_folder, "state.safetensors"));
        using var resumed = GruLanguageModel.Load(_folder, compute, seed: 2);
        resumed.LoadTrainingState(Path.Combine(_folder, "state.safetensors"));
        Step(model, 2);
        Step(resumed, 2);
        foreach (ParameterView view in model.Parameters.Views)
        {
            Assert.Equal(model.Parameters.Span(view.Name).ToArray(), resumed.Parameters.Span(view.Name).ToArray());
        }
    }

    [Fact]
    public void A_truncated_weights_file_is_named()
    {
        Save();
        string path = Path.Combine(_folder, ModelFile.WeightsName);
        byte[] bytes = File.ReadAllBytes(path);
        foreach (int length in (int[])[0, 4, 8, 50, bytes.Length / 2, bytes.Length - 1])
        {
            File.WriteAllBytes(path, bytes[..length]);
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => ModelFile.Load(_folder));
            Assert.Contains(ModelFile.WeightsName, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
        }
    }

    [Theory]
    [InlineData("\"hidden_dim\": 6", "\"hidden_dim\": 7", "tie_weights")]
    [InlineData("\"vocab_size\": 20", "\"vocab_size\": 21", "shape [20, 6]")]
    [InlineData("\"num_layers\": 2", "\"num_layers\": 3", "gru.weight_ih_l2 is missing")]
    [InlineData("\"num_layers\": 2", "\"num_layers\": 1", "no place")]
    [InlineData("\"num_layers\": 2", "\"num_layers\": -2", "num_layers is -2")]
    [InlineData("\"model_type\": \"grulm\"", "\"model_type\": \"gpt2\"", "gpt2")]
    [InlineData("\"format_version\": 1", "\"format_version\": 2", "format_version is 2")]
    [InlineData("\"format_version\": 1", "\"format_version\": 0", "from 1 up")]
    [InlineData("{", "[", "not a valid configuration")]
    public void A_configuration_that_disagrees_is_an_error_that_says_how(string old, string changed, string expected)
    {
        Save();
        string path = Path.Combine(_folder, ModelFile.ConfigName);
        string text = File.ReadAllText(path);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(old, changed, StringComparison.Ordinal));
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => ModelFile.Load(_folder));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_missing_folder_or_file_is_named()
    {
        Assert.Contains("nowhere", Error<DirectoryNotFoundException>(Path.Combine(_folder, "nowhere")), StringComparison.Ordinal);
        Assert.Contains(ModelFile.ConfigName, Error<FileNotFoundException>(_folder), StringComparison.Ordinal);
        Save();
        File.Delete(Path.Combine(_folder, ModelFile.WeightsName));
        Assert.Contains(ModelFile.WeightsName, Error<FileNotFoundException>(_folder), StringComparison.Ordinal);

        static string Error<T>(string folder)
            where T : Exception => Assert.Throws<T>(() => ModelFile.Load(folder)).Message;
    }

    [Theory]
    [InlineData(1, 8, 8, 1, 0.0, false)]
    [InlineData(100, 0, 8, 1, 0.0, false)]
    [InlineData(100, 8, 1 << 20, 1, 0.0, false)]
    [InlineData(100, 8, 8, 0, 0.0, false)]
    [InlineData(100, 8, 8, 1, 1.0, false)]
    [InlineData(100, 8, 8, 1, double.NaN, false)]
    [InlineData(100, 8, 9, 1, 0.0, true)]
    public void Sizes_that_make_no_model_are_refused(int vocab, int embedding, int hidden, int layers, double dropout, bool tied)
    {
        var config = new GruConfig
        {
            VocabSize = vocab,
            EmbeddingDim = embedding,
            HiddenDim = hidden,
            NumLayers = layers,
            Dropout = dropout,
            TieWeights = tied,
        };
        Assert.Throws<ArgumentException>(config.Validate);
    }

    private void Save()
    {
        using GruParameters parameters = GradientTests.RandomParameters(_config, 1);
        ModelFile.Save(_folder, parameters, SampleKind.Stream);
    }
}
