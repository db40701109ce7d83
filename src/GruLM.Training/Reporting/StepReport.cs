// What a trainer says of the steps since its last report.

namespace GruLM.Training;

/// <summary>Figures of the steps since the last report.</summary>
/// <param name="Step">Updates made so far.</param>
/// <param name="TotalSteps">Updates that the whole run will make.</param>
/// <param name="Epoch">Current epoch, from 0.</param>
/// <param name="Tokens">Tokens trained on so far.</param>
/// <param name="Seconds">Training time so far, evaluations included.</param>
/// <param name="TrainNll">Mean nll of the steps since the last report, dropout on.</param>
/// <param name="TokenAccuracy">Share of their tokens that were the arg max.</param>
/// <param name="LearningRate">Learning rate of the last step.</param>
/// <param name="GradientNorm">Gradient norm of the last step, before clipping.</param>
/// <param name="TokensPerSecond">Speed since the last report, evaluations excluded.</param>
/// <param name="SecondsLeft">Estimate of the time that the remaining steps take.</param>
public sealed record StepReport(
    long Step, long TotalSteps, int Epoch, long Tokens, double Seconds, double TrainNll, double TokenAccuracy,
    double LearningRate, double GradientNorm, double TokensPerSecond, double SecondsLeft);
