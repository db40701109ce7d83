// Tells a broken step from a healthy one, so that one bad batch does not ruin a model: a step whose loss or gradient is not finite, or far
// beyond what healthy training gives, is skipped. What is done about many of them in a row, Trainer.cs decides.

using GruLM.Model;

namespace GruLM.Training;

/// <summary>Decides whether a step may update the model.</summary>
internal static class StepCheck
{
    // A loss so many times that of guessing every token alike.
    private const double ExplodedLoss = 2;

    // A gradient norm so many times the usual one, once enough steps have told what is usual.
    private const double ExplodedNorm = 100;
    private const int StepsToKnowNorm = 50;

    // The share of the old value in the running mean of the norm.
    private const double NormMemory = 0.95;

    /// <summary>What is wrong with the step that comes after <paramref name="position"/>; null when it is healthy.</summary>
    public static string? Problem(RunPosition position, LossSums sums, double norm, int vocabSize)
    {
        if (!double.IsFinite(sums.Nll) || !double.IsFinite(norm)) return "the loss or its gradient is not finite";
        if (sums.MeanNll > ExplodedLoss * Math.Log(vocabSize))
        {
            return FormattableString.Invariant($"the loss is {sums.MeanNll:0.0}, far worse than guessing");
        }

        if (position.Step >= StepsToKnowNorm && norm > ExplodedNorm * position.UsualNorm)
        {
            return FormattableString.Invariant($"the gradient's norm is {norm:0.0e+0}, usually it is {position.UsualNorm:0.0e+0}");
        }

        return null;
    }

    /// <summary>The running mean of the gradient norm after a healthy step.</summary>
    public static double UsualNorm(RunPosition position, double norm) =>
        position.Step == 0 ? norm : (NormMemory * position.UsualNorm) + ((1 - NormMemory) * norm);
}
