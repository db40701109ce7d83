// For runs of which only the result is looked at.
using GruLM.Training;

namespace GruLM.Tests;

/// <summary>Looks at nothing; a notice fails the test.</summary>
internal sealed class SilentObserver : ITrainingObserver
{
    public void OnSteps(StepReport report)
    {
    }

    public void OnEvaluation(EvaluationReport report)
    {
    }

    public void OnEpoch(EpochReport report)
    {
    }

    public void OnCheckpoint(string folder)
    {
    }

    public void OnNotice(long step, string message) => Assert.Fail(message);
}
