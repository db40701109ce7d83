// A short text by the model in training, now and then, so that one can watch it learn. The seed is fixed: what changes is the model.

using GruLM.Training;

namespace GruLM.Cli;

/// <summary>Shows a sample every so many steps.</summary>
internal sealed class TrainingSamples(TextTraining run, string prompt, TrainingDisplay display) : ITrainingObserver
{
    private const int Tokens = 60;

    public void OnSampleDue(long step) => display.Lasting($"sample at step {step}: {run.Sample(prompt, Tokens).ReplaceLineEndings("⏎")}");

    public void OnSteps(StepReport report)
    {
        // Only samples are shown here; the display has the rest.
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

    public void OnNotice(long step, string message)
    {
    }
}
