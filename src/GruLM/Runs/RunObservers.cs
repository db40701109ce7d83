// Who is told of a run: the caller's observer, the files of figures once the run has begun, and the writing of samples, which are the
// model's.

using GruLM.Corpus;
using GruLM.Training;

namespace GruLM;

/// <summary>Passes on what a run tells. <paramref name="watcher"/> may be null: nobody watches.</summary>
internal sealed class RunObservers(IRunObserver? watcher) : IRunObserver
{
    private const int SampleTokens = 60;

    /// <summary>The files of figures; null before the run has begun.</summary>
    public RunFigures? Files { get; set; }

    /// <summary>The training, whose model writes the samples; null where it writes none.</summary>
    public TextTraining? Training { get; set; }

    /// <summary>What samples begin with.</summary>
    public string SamplePrompt { get; set; } = "";

    public void OnPhase(string phase) => watcher?.OnPhase(phase);

    public void OnNotice(string notice) => watcher?.OnNotice(notice);

    public void OnText(CorpusCounts counts) => watcher?.OnText(counts);

    public void OnProgress(long done, long total) => watcher?.OnProgress(done, total);

    public void OnPrepared(RunPlan plan) => watcher?.OnPrepared(plan);

    public void OnPlanned(RunPlan plan) => watcher?.OnPlanned(plan);

    public void OnSteps(StepReport report)
    {
        watcher?.OnSteps(report);
        Files?.OnSteps(report);
    }

    public void OnEvaluation(EvaluationReport report)
    {
        watcher?.OnEvaluation(report);
        Files?.OnEvaluation(report);
    }

    public void OnEpoch(EpochReport report) => watcher?.OnEpoch(report);

    public void OnCheckpoint(string folder)
    {
        watcher?.OnCheckpoint(folder);
        Files?.OnCheckpoint(folder);
    }

    public void OnNotice(long step, string message)
    {
        watcher?.OnNotice(step, message);
        Files?.OnNotice(step, message);
    }

    public void OnLengthChanged(long stepsBefore, long stepsNow) => watcher?.OnLengthChanged(stepsBefore, stepsNow);

    public void OnSampleDue(long step)
    {
        if (Training is null) return;
        var sample = new TrainingSample(step, SamplePrompt, Training.Sample(SamplePrompt, SampleTokens));
        watcher?.OnSample(sample);
        Files?.OnSample(sample);
    }
}
