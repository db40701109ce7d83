// What the loop tells those who watch: a display, a metrics file, a test.

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

/// <summary>A held-out evaluation.</summary>
/// <param name="Step">Updates made so far.</param>
/// <param name="Tokens">Tokens trained on so far.</param>
/// <param name="Seconds">Training time so far.</param>
/// <param name="Result">The figures.</param>
/// <param name="IsBest">Whether it is the lowest nll so far; the model has then been saved as the best.</param>
public sealed record EvaluationReport(long Step, long Tokens, double Seconds, EvaluationResult Result, bool IsBest);

/// <summary>An epoch's averages, or those of the part of one with which the run ends.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Epochs">The epoch that the run ends in.</param>
/// <param name="Steps">Steps of it that were made.</param>
/// <param name="StepsInEpoch">Steps that it has.</param>
/// <param name="Train">Sums over the training tokens of these steps, dropout on.</param>
/// <param name="Seconds">Time that they took.</param>
public sealed record EpochReport(int Epoch, int Epochs, int Steps, int StepsInEpoch, Model.LossSums Train, double Seconds);

/// <summary>Receives the loop's reports, on the training thread.</summary>
public interface ITrainingObserver
{
    /// <summary>Some steps were made.</summary>
    void OnSteps(StepReport report);

    /// <summary>The model was evaluated.</summary>
    void OnEvaluation(EvaluationReport report);

    /// <summary>An epoch ended, or the run in the middle of one.</summary>
    void OnEpoch(EpochReport report);

    /// <summary>A checkpoint was written.</summary>
    void OnCheckpoint(string folder);

    /// <summary>It is time for a sample of what the model writes (<see cref="TrainingOptions.SampleEvery"/>).</summary>
    void OnSampleDue(long step)
    {
    }

    /// <summary>Something that the user should know of, such as a skipped step. <paramref name="step"/>: updates made so far.</summary>
    void OnNotice(long step, string message);
}
