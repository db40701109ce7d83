// Five models with random weights, made without training, one for each kind of tokenizer and each thing that stands between layers, and the
// pages that are made of them.

using System.Globalization;
using System.Text;
using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM.Tests;

/// <summary>Model folders and their pages, for all tests of a class.</summary>
public sealed class PageModels : IDisposable
{
    /// <summary>The names of the models.</summary>
    public static readonly string[] Names = ["bpe", "chars", "unigram", "lines", "original"];

    /// <summary>The steps of the run of "trained", a page beside those of <see cref="Names"/>.</summary>
    public const int RunSteps = 700;

    private const string Talk =
        "How are you? I am well, and  the garden is full of bees. Zoë said: “naïve 🙂 café”.\tThe old clock stands still, as it did.\n";

    private readonly string _root = Directory.CreateTempSubdirectory("grulm-pages-").FullName;

    public PageModels()
    {
        Make("bpe", ModelType.Bpe, SampleKind.Stream, new() { NumLayers = 3, TieWeights = true, Residual = true, LayerNorm = true });
        Make("chars", ModelType.Char, SampleKind.Stream, new() { NumLayers = 2, Residual = true });
        Make("unigram", ModelType.Unigram, SampleKind.Stream, new() { NumLayers = 2, LayerNorm = true });

        // Ends its texts, and spells nothing in bytes.
        Make("lines", ModelType.Bpe, SampleKind.Lines, new() { NumLayers = 1 }, DefaultTokenizer.Options(90), bytes: false);

        // As the Python original is: its tokenizer normalises, and nothing opens a line.
        string[] symbols = ["<ai>", "<prompt>", "<end>", "<pad>"];
        var usual = new TrainerOptions { VocabSize = 100, ModelType = ModelType.Bpe, UserDefinedSymbols = symbols };
        Make("original", ModelType.Bpe, SampleKind.Lines, new() { NumLayers = 2, TieWeights = true, Opening = false }, usual, bytes: false);
        AddRun();
    }

    /// <summary>The folder of a model.</summary>
    public string Folder(string name) => Path.Combine(_root, name);

    /// <summary>The page of a model.</summary>
    public string Page(string name) => Path.Combine(_root, name + ".html");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    // A model with the history of a run, "trained": its curves have more points than a page shows.
    private void AddRun()
    {
        string training = Path.Combine(Folder("trained"), "training");
        Directory.CreateDirectory(training);
        foreach (string file in Directory.EnumerateFiles(Folder("bpe")))
        {
            File.Copy(file, Path.Combine(Folder("trained"), Path.GetFileName(file)));
        }

        File.WriteAllText(Path.Combine(training, "settings.json"), "{}");
        File.WriteAllLines(Path.Combine(training, "metrics.jsonl"), Enumerable.Range(1, RunSteps).Select(step =>
            string.Create(CultureInfo.InvariantCulture, $$"""{ "step": {{step}}, "train_nll": {{5.0 / step}}, "lr": {{0.01 / step}} }""")));
        File.WriteAllLines(Path.Combine(training, "samples.jsonl"), Enumerable.Range(1, 30).Select(step =>
            $$"""{ "step": {{step}}, "prompt": "The", "text": " </script> & {{step}}" }"""));
        HtmlExport.Write(Folder("trained"), Page("trained"));
    }

    private void Make(
        string name, ModelType type, SampleKind samples, Shape shape, TrainerOptions? options = null, bool bytes = true)
    {
        options ??= DefaultTokenizer.Options(330, type);
        options.ByteFallback = bytes;
        ReadOnlyMemory<byte> line = Encoding.UTF8.GetBytes(Talk.TrimEnd('\n'));
        SentencePieceModel tokenizer = TokenizerTrainer.Train(options, Enumerable.Repeat(line, 20));
        var config = new GruConfig
        {
            VocabSize = tokenizer.Count,
            EmbeddingDim = shape.TieWeights ? 24 : 19,
            HiddenDim = 24,
            NumLayers = shape.NumLayers,
            TieWeights = shape.TieWeights,
            LayerNorm = shape.LayerNorm,
            Residual = shape.Residual,
            Opening = shape.Opening,
        };
        using var parameters = new GruParameters(config);
        var random = new Random(name.Length);
        foreach (ParameterView view in parameters.Views)
        {
            foreach (ref float weight in parameters.Span(view.Name)) weight = (float)(2 * (random.NextDouble() - 0.5));
        }

        Directory.CreateDirectory(Folder(name));
        ModelFile.Save(Folder(name), parameters, samples);
        tokenizer.Save(Path.Combine(Folder(name), ModelFolder.TokenizerName));
        var defaults = GenerationConfig.For(samples);
        if (samples == SampleKind.Stream) defaults.StopTokens = [];
        defaults.Save(Folder(name));
        HtmlExport.Write(Folder(name), Page(name));
    }

    private sealed record Shape
    {
        public required int NumLayers { get; init; }

        public bool TieWeights { get; init; }

        public bool LayerNorm { get; init; }

        public bool Residual { get; init; }

        public bool Opening { get; init; } = true;
    }
}
