// The demo's recipes, found by experiment on the sample corpus: for two minutes, and for someone who has longer.

using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>How the demo's model is trained.</summary>
internal static class DemoRecipe
{
    /// <summary>Minutes that the demo takes unless told otherwise.</summary>
    public const double DefaultMinutes = 2;

    // From here on a larger model is learned better than more text by the small one.
    private const double MinutesForMore = 5;

    /// <summary>A recipe that two ordinary cores finish within two minutes.</summary>
    public static TextTrainingOptions Short { get; } = new()
    {
        VocabSize = 1024,
        EmbeddingDim = 192,
        HiddenDim = 192,
        NumLayers = 1,
        Dropout = 0,
        Optimizer = new AdamWOptions { WeightDecay = 0 },
        Training = new TrainingOptions
        {
            Epochs = 1,
            BatchSize = 8,
            Bptt = 64,
            LearningRate = 8e-3,
            MinLearningRate = 8e-5,
            WarmupSteps = 50,
            EvalInterval = 300,
            EvalTokens = 8_000,
        },
    };

    /// <summary>The recipe for someone who has longer: more units, and gradients that reach over whole stories.</summary>
    public static TextTrainingOptions Long { get; } = Short with
    {
        EmbeddingDim = 320,
        HiddenDim = 320,
        Training = Short.Training with { Bptt = 128, LearningRate = 6e-3, MinLearningRate = 6e-5, EvalInterval = 1_000 },
    };

    /// <summary>The recipe for so many minutes.</summary>
    public static TextTrainingOptions For(double minutes) => minutes >= MinutesForMore ? Long : Short;
}
