// How long the demo trains. The number of steps is one of a few fixed ones, not what fits to the second: a machine that is as fast as it
// was makes as many steps again, and so the same model from the same seed. Which of them, its speed decides, and what an earlier demo in
// the folder took, as long as that still fits about the time.

using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Cli.Demo;

/// <summary>Chooses the number of steps, and the text for them.</summary>
internal static class DemoLength
{
    // The fewest steps, and each choice as a multiple of the one before: the fourth root of two, so that at most a tenth is off.
    private const double FewestSteps = 250;
    private const double Ratio = 1.189207115002721;

    // An earlier choice stays as long as it takes no more, and no less, than this many times the time that there is.
    private const double MostOff = 1.5;

    // The time that is not training: so much, or of a short demo this share.
    private const double SecondsBesides = 20;
    private const double ShareBesides = 0.45;

    // The speed is the best of a few short measurements, which varies less than a mean where others use the machine too.
    private const int Measurements = 5;
    private const double SecondsAMeasurement = 0.25;

    // A little more than the pieces hold, so that the text does not end before the steps do; the least that a tokenizer can be learned
    // from, and the most that is written.
    private const double BytesPerToken = 3.8;
    private const double LeastBytes = 60_000;
    private const double MostBytes = 200e6;

    /// <summary>The steps for so many minutes at a speed. <paramref name="earlier"/>: those of an earlier demo for as many minutes; 0:
    /// there was none.</summary>
    public static int Steps(double minutes, double tokensPerSecond, TrainingSettings recipe, int earlier)
    {
        double seconds = 60 * minutes, besides = Math.Min(SecondsBesides, ShareBesides * seconds);
        double fitting = (seconds - besides) * tokensPerSecond / TokensAStep(recipe);
        if (earlier > 0 && earlier <= MostOff * fitting && fitting <= MostOff * earlier) return earlier;
        double most = MostBytes / BytesPerToken / TokensAStep(recipe);
        double rung = Math.Round(Math.Log(Math.Clamp(fitting, FewestSteps, most) / FewestSteps) / Math.Log(Ratio));
        return (int)Math.Round(FewestSteps * Math.Pow(Ratio, rung));
    }

    /// <summary>How much text so many steps read, each part of it once.</summary>
    public static int Bytes(int steps, TrainingSettings recipe) =>
        (int)Math.Clamp(steps * (BytesPerToken * TokensAStep(recipe)), LeastBytes, MostBytes);

    /// <summary>The tokens a second that a model of the recipe learns here.</summary>
    public static double MeasureSpeed(TrainingSettings recipe, Compute compute)
    {
        var config = new GruConfig
        {
            VocabSize = recipe.VocabSize ?? DefaultTokenizer.DefaultVocabSize,
            EmbeddingDim = recipe.EmbeddingDim,
            HiddenDim = recipe.HiddenDim,
            NumLayers = recipe.NumLayers,
            TieWeights = recipe.TieWeights,
        };
        using var model = GruLanguageModel.Create(config, compute, seed: 0, new AdamWOptions());
        return Enumerable.Range(0, Measurements)
            .Max(_ => SpeedMeasurement.TokensPerSecond(model, recipe.Bptt, recipe.BatchSize, SecondsAMeasurement));
    }

    private static int TokensAStep(TrainingSettings recipe) => recipe.Bptt * recipe.BatchSize;
}
