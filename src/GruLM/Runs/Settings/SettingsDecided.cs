// What settings come to when a run begins: what was left open is decided, and the parts of the library that each read a few of them are
// told theirs.

using GruLM.Corpus;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>Decides what settings leave open.</summary>
internal static class SettingsDecided
{
    // More passes than this rarely make a model better, given the usual dropout.
    public const int MostEpochsByTime = 24;

    // A curve of fewer points says little.
    private const int UsualEvaluations = 10;

    // Gradients are clipped and not divided by their size, so a step of SGD has to be far longer than AdamW's.
    private const double SgdRate = 0.5;

    // A model that has learned already forgets less with shorter steps.
    private const double ShareForTrainedModel = 0.25;

    private static readonly TrainingOptions s_loop = new();

    /// <summary>The settings as they are written beside the model: with nothing open but the size of a vocabulary that may grow, and the
    /// epochs where time decides them.</summary>
    public static TrainingSettings Decide(TrainingSettings settings)
    {
        double rate = Rate(settings);
        OptimizerOptions optimizer = Optimizer(settings);
        bool isPlateau = settings.Schedule == ScheduleKind.Plateau;
        return settings with
        {
            Samples = settings.Samples ?? SampleKind.Stream,
            ModelType = settings.ModelType ?? ModelType.Bpe,
            ValSplit = HasDraw(settings) ? settings.ValSplit ?? HeldOutSplit.Random : settings.ValSplit,
            Epochs = settings.Epochs ?? (settings.Minutes is null ? s_loop.Epochs : null),
            StepPlan = settings.Minutes is null ? settings.StepPlan : [],
            LearningRate = rate,
            MinLearningRate = MinRate(settings),
            PlateauPatience = isPlateau ? settings.PlateauPatience ?? s_loop.PlateauPatience : null,
            PlateauFactor = isPlateau ? settings.PlateauFactor ?? s_loop.PlateauFactor : null,
            Momentum = optimizer is SgdOptions sgd ? sgd.Momentum : (optimizer as MuonOptions)?.Momentum,
            MuonRateFactor = (optimizer as MuonOptions)?.RateFactor,
            MuonEvery = (optimizer as MuonOptions)?.Every,
            Beta2 = (optimizer as AdamWOptions)?.Beta2,
            WeightDecay = optimizer.WeightDecay,
        };
    }

    /// <summary>What training on text is told.</summary>
    public static TextTrainingOptions Options(TrainingSettings settings) => new()
    {
        VocabSize = settings.VocabSize ?? DefaultTokenizer.DefaultVocabSize,
        GrowVocabulary = settings.VocabSize is null,
        ModelType = settings.ModelType ?? ModelType.Bpe,
        Samples = settings.Samples ?? SampleKind.Stream,
        MaskPrompt = settings.MaskPrompt,
        TextName = string.Join(", ", settings.Data.Select(CorpusFiles.DisplayName)),
        HeldOutName = settings.ValData,
        EmbeddingDim = settings.EmbeddingDim,
        HiddenDim = settings.HiddenDim,
        NumLayers = settings.NumLayers,
        Dropout = settings.Dropout,
        TieWeights = settings.TieWeights,
        LayerNorm = settings.LayerNorm,
        Residual = settings.Residual,
        InitFrom = settings.InitFrom,
        Optimizer = Optimizer(settings),
        Regularisation = new Regularisation
        {
            LockedDropout = settings.LockedDropout,
            InputDropout = settings.InputDropout,
            OutputDropout = settings.OutputDropout,
            EmbeddingDropout = settings.EmbeddingDropout,
            RecurrentDropout = settings.RecurrentDropout,
            ActivationPenalty = settings.ActivationPenalty,
            SlownessPenalty = settings.SlownessPenalty,
        },
        Training = Loop(settings),
    };

    /// <summary>Whether lines or records of the text itself are held out.</summary>
    public static bool HasDraw(TrainingSettings settings) =>
        settings is { Samples: SampleKind.Lines, ValData: null, ValFraction: > 0 };

    private static TrainingOptions Loop(TrainingSettings settings) => new()
    {
        Epochs = settings.Epochs ?? (settings.Minutes is null ? s_loop.Epochs : MostEpochsByTime),
        MaxSteps = settings.MaxSteps,
        Plan = settings.Minutes is null ? settings.StepPlan : [],
        BatchSize = settings.BatchSize,
        GradAccum = settings.GradAccum,
        Bptt = settings.Bptt,
        RandomBptt = settings.RandomBptt,
        FreshEvery = settings.FreshEvery,
        LearningRate = Rate(settings),
        MinLearningRate = MinRate(settings),
        WarmupSteps = settings.WarmupSteps,
        Schedule = settings.Schedule,
        PlateauPatience = settings.PlateauPatience ?? s_loop.PlateauPatience,
        PlateauFactor = settings.PlateauFactor ?? s_loop.PlateauFactor,
        GradClip = settings.GradClip,
        EvalInterval = settings.EvalInterval ?? 0,
        LeastEvaluations = settings.EvalInterval is null ? UsualEvaluations : 0,
        EvalTokens = settings.EvalTokens,
        Patience = settings.Patience ?? 0,
        LogInterval = settings.LogInterval,
        SampleEvery = settings.SampleEvery,
        SaveInterval = settings.SaveInterval,
        Keep = settings.Keep,
        Seed = settings.Seed,
    };

    private static OptimizerOptions Optimizer(TrainingSettings settings)
    {
        OptimizerOptions options = OwnOptions(settings);
        return options with { WeightDecay = settings.WeightDecay ?? options.WeightDecay, AverageDecay = settings.AverageDecay };
    }

    private static OptimizerOptions OwnOptions(TrainingSettings settings)
    {
        SgdOptions sgd = new();
        if (settings.Optimizer == OptimizerKind.Sgd) return sgd with { Momentum = settings.Momentum ?? sgd.Momentum };
        AdamWOptions adam = new();
        if (settings.Optimizer == OptimizerKind.AdamW) return adam with { Beta2 = settings.Beta2 ?? adam.Beta2 };
        MuonOptions muon = new();
        return muon with
        {
            Momentum = settings.Momentum ?? muon.Momentum,
            RateFactor = settings.MuonRateFactor ?? muon.RateFactor,
            Every = settings.MuonEvery ?? muon.Every,
            Beta2 = settings.Beta2 ?? muon.Beta2,
        };
    }

    private static double Rate(TrainingSettings settings)
    {
        double ofNewModel = settings.Optimizer == OptimizerKind.Sgd ? SgdRate : s_loop.LearningRate;
        return settings.LearningRate ?? (settings.InitFrom is null ? ofNewModel : ShareForTrainedModel * ofNewModel);
    }

    private static double MinRate(TrainingSettings settings)
    {
        double rate = Rate(settings);
        return Math.Min(settings.MinLearningRate ?? (rate / 100), rate);
    }
}
