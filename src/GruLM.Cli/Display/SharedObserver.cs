// Several observers of one run: the display, and the files of figures, which join once it is known that nothing stands in the way of
// training.

using GruLM.Training;

namespace GruLM.Cli;

/// <summary>Tells each of <paramref name="observers"/>, to which some may be added later.</summary>
internal sealed class SharedObserver(List<ITrainingObserver> observers) : ITrainingObserver
{
    public void OnSteps(StepReport report) => observers.ForEach(observer => observer.OnSteps(report));

    public void OnEvaluation(EvaluationReport report) => observers.ForEach(observer => observer.OnEvaluation(report));

    public void OnEpoch(EpochReport report) => observers.ForEach(observer => observer.OnEpoch(report));

    public void OnCheckpoint(string folder) => observers.ForEach(observer => observer.OnCheckpoint(folder));

    public void OnSampleDue(long step) => observers.ForEach(observer => observer.OnSampleDue(step));

    public void OnNotice(long step, string message) => observers.ForEach(observer => observer.OnNotice(step, message));
}
