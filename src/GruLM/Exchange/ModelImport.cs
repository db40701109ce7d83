// From the weights of another program, or of ours in another form, to a model folder. Sizes are read off the tensors; what tensors do not
// tell is asked for, or stands in a config.json beside them. The folder is made under another name and renamed when it is whole.

using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>Imports models. Safe for several threads, which make different folders.</summary>
public static class ModelImport
{
    private const string PadMarker = "<pad>";

    /// <summary>Imports a model.</summary>
    /// <param name="settings">What, from where, and what tensors do not tell.</param>
    /// <param name="cancel">Ends it with an <see cref="OperationCanceledException"/>; nothing stays.</param>
    /// <returns>The sizes, and what the model was trained on.</returns>
    /// <exception cref="ArgumentException">A setting makes no sense.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read, or the folder holds something already.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or it holds no model of this architecture.</exception>
    public static (GruConfig Config, SampleKind Samples) Run(ImportSettings settings, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Dropout is { } dropout) Model.Setting.Share(dropout, nameof(ImportSettings.Dropout));
        NewFolder.Check(settings.OutDir, settings.Overwrite);
        using var weights = ForeignWeights.Open(settings.Weights);
        Dictionary<string, string>? map = settings.Map is { } file ? NameTable.Read(file) : null;
        Dictionary<string, ForeignTensor> tensors = TensorNames.Find(weights, map);
        cancel.ThrowIfCancellationRequested();

        GruConfig sizes = new ModelShape(weights.Path, tensors).Read(() => ForeignNumbers.IsTied(weights.Path, tensors));
        string tokenizerPath = TokenizerPath(settings, weights);
        Tokenizer tokenizer = LoadTokenizer(tokenizerPath, weights.Path, sizes);
        (GruConfig config, SampleKind samples) = Decide(settings, weights, sizes, tokenizer);
        CheckLines(tokenizerPath, tokenizer, config, samples);
        using var parameters = new GruParameters(config);
        ForeignNumbers.Fill(weights.Path, tensors, parameters, cancel);
        GenerationConfig generation = Defaults(weights, tokenizer, config, samples);
        NewFolder.Make(settings.OutDir, settings.Overwrite, folder =>
        {
            ModelFile.Save(folder, parameters, samples);
            File.Copy(tokenizerPath, Path.Combine(folder, ModelFolder.TokenizerName));
            generation.Save(folder);
            cancel.ThrowIfCancellationRequested();
        });
        return (config, samples);
    }

    private static string TokenizerPath(ImportSettings settings, ForeignWeights weights)
    {
        string path = settings.Tokenizer is { } given
            ? ModelFolder.TokenizerPath(given)
            : Path.Combine(weights.Folder, ModelFolder.TokenizerName);
        if (File.Exists(path)) return path;
        throw new FileNotFoundException(settings.Tokenizer is null
            ? $"{path}: there is no such file; name the tokenizer with 'Tokenizer'"
            : $"{path}: there is no such file");
    }

    private static Tokenizer LoadTokenizer(string path, string weights, GruConfig sizes)
    {
        var tokenizer = Tokenizer.Load(path);
        if (tokenizer.VocabSize == sizes.VocabSize) return tokenizer;
        throw new InvalidDataException(
            $"{path}: has {tokenizer.VocabSize} pieces, but embedding.weight in {weights} has {sizes.VocabSize} rows; "
            + "they do not belong together");
    }

    // A tokenizer of ours has a padding piece of its own kind; only the original's was made with <pad> among the user's symbols.
    private static bool IsOriginals(Tokenizer tokenizer) =>
        tokenizer.PadId < 0 && new[] { ChatTemplate.Default.Ai, ChatTemplate.Default.Prompt, ChatTemplate.EndMarker, PadMarker }
            .All(piece => tokenizer.TryGetId(piece, out int id) && id != tokenizer.UnkId);

    private static (GruConfig Config, SampleKind Samples) Decide(
        ImportSettings settings, ForeignWeights weights, GruConfig sizes, Tokenizer tokenizer)
    {
        string path = Path.Combine(weights.Folder, ModelFile.ConfigName);
        (GruConfig? told, SampleKind? samples) = File.Exists(path) ? Told(weights.Folder) : default;
        if (told is not null) CheckTold(path, weights.Path, told, sizes);
        bool isOriginals = told is null && settings.Samples != SampleKind.Stream && IsOriginals(tokenizer);
        GruConfig config = sizes with
        {
            Residual = settings.Residual ?? told?.Residual ?? false,
            Dropout = settings.Dropout ?? told?.Dropout ?? 0,
            Opening = told?.Opening ?? !isOriginals,
        };
        return (config, settings.Samples ?? samples ?? (isOriginals ? SampleKind.Lines : SampleKind.Stream));
    }

    private static (GruConfig Config, SampleKind? Samples) Told(string folder)
    {
        (GruConfig config, SampleKind samples) = ModelFile.LoadConfig(folder);
        return (config, samples);
    }

    private static void CheckTold(string path, string weights, GruConfig told, GruConfig sizes)
    {
        string InWords(GruConfig c) => $"{c.VocabSize} pieces, embedding {c.EmbeddingDim}, {c.NumLayers} x {c.HiddenDim}"
            + (c.LayerNorm ? ", layer norm" : "");
        if (InWords(told) == InWords(sizes)) return;
        throw new InvalidDataException($"{path}: says {InWords(told)}, but the tensors of {weights} are of {InWords(sizes)}");
    }

    private static void CheckLines(string path, Tokenizer tokenizer, GruConfig config, SampleKind samples)
    {
        try
        {
            if (samples == SampleKind.Lines && config.Opening) TokenizedText.LineEnd(tokenizer);
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"{path}: {error.Message}", error);
        }
    }

    private static GenerationConfig Defaults(ForeignWeights weights, Tokenizer tokenizer, GruConfig config, SampleKind samples)
    {
        if (File.Exists(Path.Combine(weights.Folder, ModelFolder.GenerationName))) return GenerationConfig.Load(weights.Folder, samples);
        var defaults = GenerationConfig.For(samples);
        if (config.Opening) return defaults;

        // The original was trained to write padding behind its texts.
        return defaults with
        {
            StopTokens = [.. defaults.StopTokens, PadMarker],
            Chat = new ChatTemplate { IsTrained = true, TurnEnd = [] },
        };
    }
}
