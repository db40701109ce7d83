// What the loop reports, and to whom: a display, a metrics file, a test.

namespace GruLM.Training;

/// <summary>Receives the loop's reports, on the training thread. Whoever needs only some of them leaves the others out.</summary>
public interface ITrainingObserver
{
    /// <summary>Some steps were made.</summary>
    void OnSteps(StepReport report)
    {
    }

    /// <summary>The model was evaluated.</summary>
    void OnEvaluation(EvaluationReport report)
    {
    }

    /// <summary>An epoch ended, or the run in the middle of one.</summary>
    void OnEpoch(EpochReport report)
    {
    }

    /// <summary>A checkpoint was written.</summary>
    void OnCheckpoint(string folder)
    {
    }

    /// <summary>Much more or fewer steps fit into the time of a run than when it began; told once. It is nothing that a reader of the run's
    /// figures needs, unlike a notice.</summary>
    void OnLengthChanged(long stepsBefore, long stepsNow)
    {
    }

    /// <summary>It is time for a sample of what the model writes (<see cref="TrainingOptions.SampleEvery"/>).</summary>
    void OnSampleDue(long step)
    {
    }

    /// <summary>Something that the user should know of, such as a skipped step. <paramref name="step"/>: updates made so far.</summary>
    void OnNotice(long step, string message)
    {
    }
}
