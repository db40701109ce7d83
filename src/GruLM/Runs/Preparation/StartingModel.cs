// The model that a run begins with: new, with random starting values, or with the weights of another model folder or of a checkpoint.

using GruLM.Corpus;
using GruLM.Generation;
using GruLM.Model;

namespace GruLM;

/// <summary>Makes the model that a run begins with.</summary>
internal static class StartingModel
{
    /// <summary>The sizes that the options ask for. Before the tokenizer is there, the vocabulary counts as large as is wanted.</summary>
    public static GruConfig Sizes(TextTrainingOptions options) => new()
    {
        VocabSize = Math.Max(2, options.Tokenizer?.VocabSize ?? options.VocabSize),
        EmbeddingDim = options.EmbeddingDim,
        HiddenDim = options.HiddenDim,
        NumLayers = options.NumLayers,
        Dropout = options.NumLayers == 1 ? 0 : options.Dropout,
        TieWeights = options.TieWeights,
        LayerNorm = options.LayerNorm && options.NumLayers > 1,
        Residual = options.Residual && options.NumLayers > 1,
        Opening = options.Opening,
    };

    /// <summary>The model. Throws <see cref="InvalidDataException"/> when the weights to start from are damaged or of other
    /// sizes.</summary>
    public static ITrainableModel Create(GruConfig config, TextTrainingOptions options, IDevice device)
    {
        var told = new ModelOptions
        {
            Optimizer = options.Optimizer,
            Regularisation = options.Regularisation,
            Samples = options.Samples,
            Seed = options.Training.Seed,
        };
        if ((options.ContinueFrom ?? options.InitFrom) is not { } source)
        {
            return device.CreateModel(config, told);
        }

        (GruConfig saved, SampleKind _) = ModelFile.LoadConfig(source);
        if (saved with { Dropout = config.Dropout, Opening = config.Opening } != config)
        {
            throw new InvalidDataException(
                $"{source}: the model there has other sizes "
                + $"({saved.VocabSize} pieces, embedding {saved.EmbeddingDim}, {saved.NumLayers} x {saved.HiddenDim}) than asked for "
                + $"({config.VocabSize}, {config.EmbeddingDim}, {config.NumLayers} x {config.HiddenDim})");
        }

        GruParameters weights = ModelFile.ReadTensors(Path.Combine(source, ModelFile.WeightsName), config);
        return device.CreateModel(weights, told);
    }

    /// <summary>The settings with the sizes of the model to start from, where there is one; that of a checkpoint has them still when the
    /// other is gone.</summary>
    public static TrainingSettings WithSizes(TrainingSettings settings, string? checkpoint)
    {
        if (settings.InitFrom is null) return settings;
        FolderSwitch.Settle(checkpoint is null ? settings.InitFrom : settings.OutDir);
        (GruConfig config, SampleKind samples) = ModelFile.LoadConfig(checkpoint ?? settings.InitFrom);
        return settings with
        {
            VocabSize = config.VocabSize,
            EmbeddingDim = config.EmbeddingDim,
            HiddenDim = config.HiddenDim,
            NumLayers = config.NumLayers,
            TieWeights = config.TieWeights,
            LayerNorm = config.LayerNorm,
            Residual = config.Residual,
            Samples = settings.Samples ?? samples,
        };
    }

    /// <summary>Whether lines are framed, as a model's are that begins anew. One that goes on with a model whose lines stood alone
    /// (<see cref="GruConfig.Opening"/>) leaves them so: that is what it knows.</summary>
    public static bool HasOpening(TrainingSettings settings, string? checkpoint) =>
        settings.Samples != SampleKind.Lines
        || (checkpoint ?? settings.InitFrom) is not { } source
        || ModelFile.LoadConfig(source).Config.Opening;

    /// <summary>The defaults for generation of the model that a new run starts from; null for starting values.</summary>
    public static (SampleKind Samples, GenerationConfig Own)? Defaults(TrainingSettings settings, string? checkpoint)
    {
        if (settings.InitFrom is not { } source || checkpoint is not null) return null;
        SampleKind samples = ModelFolder.ReadConfig(source).Samples;
        return (samples, GenerationConfig.Load(source, samples));
    }

    /// <summary>What was said when the model to start from was trained, is not said now, and suits the text; null: nothing.</summary>
    public static string? Advice(TrainingSettings settings, CorpusText training)
    {
        string source = settings.InitFrom!;
        bool canMask = !settings.MaskPrompt && settings.Samples == SampleKind.Lines && TrainingChecks.HasAnswers(training);
        return canMask && WasMasked(source)
            ? $"{source} was trained with 'MaskPrompt', which this run does not inherit: add 'MaskPrompt' to learn the answers alone again"
            : null;
    }

    private static bool WasMasked(string source)
    {
        try
        {
            return RecordedText.Of(source, SampleKind.Lines).MaskPrompt;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // Who trained it left no settings, or none that can be read; a run does not need them.
            return false;
        }
    }
}
