// What came of a training run, or of the part of it that was run.

using GruLM.Training;

namespace GruLM;

/// <summary>What came of a run.</summary>
/// <param name="Position">Where it stands.</param>
/// <param name="IsFinished">Whether it came to its end; else it was stopped and can be resumed.</param>
/// <param name="IsOutOfPatience">Whether it ended because the held-out figure no longer improved.</param>
/// <param name="KeepsOldModel">Whether the folder still holds the model that the run is to replace: it was stopped before it had been
/// evaluated or was due to be saved, and goes on when it is resumed.</param>
public sealed record RunOutcome(RunPosition Position, bool IsFinished, bool IsOutOfPatience, bool KeepsOldModel)
{
    /// <summary>How many questions the model in the folder answers rightly; null where samples are no exchanges, or nobody asked.</summary>
    public AnswerFigures? Answers { get; init; }

    /// <summary>What a model that was trained further knew before and knows now; null where training began from starting values, or the
    /// run is not finished.</summary>
    public FineTuningFigures? FineTuning { get; init; }
}
