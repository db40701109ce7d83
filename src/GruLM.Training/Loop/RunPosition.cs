// Where a run stands, to the last figure: together with parameters and optimizer state all that the loop remembers, so that a run
// that goes on from here makes the same steps, reports and decisions as one that was never stopped.

using GruLM.Model;

namespace GruLM.Training;

/// <summary>What resuming needs besides parameters and optimizer state.</summary>
public sealed record RunPosition
{
    /// <summary>Updates made; a skipped step counts.</summary>
    public long Step { get; init; }

    /// <summary>Updates that the schedule was laid out for.</summary>
    public long TotalSteps { get; init; }

    /// <summary>The numbers of steps that were decided on so far, and when, where time decided them; else none.</summary>
    public IReadOnlyList<PlannedSteps> Plan { get; init; } = [];

    /// <summary>Current epoch, from 0.</summary>
    public int Epoch { get; init; }

    /// <summary>Batches of the epoch already used.</summary>
    public int IndexInEpoch { get; init; }

    /// <summary>Tokens trained on.</summary>
    public long Tokens { get; init; }

    /// <summary>Training time so far, evaluations included.</summary>
    public double Seconds { get; init; }

    /// <summary>The best evaluation so far; null before the first.</summary>
    public EvaluationResult? Best { get; init; }

    /// <summary>The step of that evaluation; 0 where the checkpoint is from before it was recorded.</summary>
    public long BestStep { get; init; }

    /// <summary>The last evaluation; null before the first.</summary>
    public EvaluationResult? Last { get; init; }

    /// <summary>Evaluations since the best one.</summary>
    public int EvaluationsSinceBest { get; init; }

    /// <summary>How often <see cref="ScheduleKind.Plateau"/> has cut the learning rate.</summary>
    public int RateCuts { get; init; }

    /// <summary>Evaluations in a row that were no better, since the last such cut.</summary>
    public int EvaluationsOnPlateau { get; init; }

    /// <summary>The step of the last evaluation; −1 before the first.</summary>
    public long EvaluatedStep { get; init; } = -1;

    /// <summary>Sums over the current epoch.</summary>
    public LossSums EpochSums { get; init; }

    /// <summary>Time that the current epoch took so far.</summary>
    public double EpochSeconds { get; init; }

    /// <summary>Sums over the steps since the last report.</summary>
    public LossSums RecentSums { get; init; }

    /// <summary>Time that these steps took.</summary>
    public double RecentSeconds { get; init; }

    /// <summary>A running mean of the gradient norm.</summary>
    public double UsualNorm { get; init; }

    /// <summary>Steps skipped since the last one that was not.</summary>
    public int SkippedInARow { get; init; }
}
