// A model folder with random weights, made without training: enough for everything that does not depend on what a model has learned.

using System.Text;
using GruLM.Generation;
using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM.Tests;

/// <summary>A model folder that is deleted in the end.</summary>
internal sealed class TinyModel : IDisposable
{
    private const string Talk = "How are you? I am well, and the garden is full of bees. The old clock stands still at noon, as it did.\n";

    public TinyModel(SampleKind samples, int layers = 2, Tokenizer? tokenizer = null, int seed = 7)
    {
        Tokenizer = tokenizer ?? new Tokenizer(DefaultTokenizer.Train(string.Concat(Enumerable.Repeat(Talk, 20)), 320));
        var config = new GruConfig
        {
            VocabSize = Tokenizer.VocabSize,
            EmbeddingDim = 24,
            HiddenDim = 24,
            NumLayers = layers,
            TieWeights = true,
        };
        using var parameters = new GruParameters(config);
        var random = new Random(seed);
        foreach (ParameterView view in parameters.Views)
        {
            foreach (ref float weight in parameters.Span(view.Name)) weight = (float)(2 * (random.NextDouble() - 0.5));
        }

        ModelFile.Save(Folder, parameters, samples);
        Tokenizer.Save(Path.Combine(Folder, ModelFolder.TokenizerName));
        GenerationConfig.For(samples).Save(Folder);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("grulm-tiny-").FullName;

    public Tokenizer Tokenizer { get; }

    /// <summary>A text of many windows; another one for another number.</summary>
    public static MemoryStream LongText(int number)
    {
        var random = new Random(number);
        string[] words = Talk.Split(' ');
        string text = string.Join(' ', Enumerable.Range(0, 800).Select(_ => words[random.Next(words.Length)]));
        return new MemoryStream(Encoding.UTF8.GetBytes(text));
    }

    public LanguageModel Open(int threads = 2, WeightFormat weights = WeightFormat.Auto) =>
        LanguageModel.Open(Folder, threads, weights: weights);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
