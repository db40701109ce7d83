// Several who watch one run: the display, and the files of figures, which join once it is known that nothing stands in the way of training.

using GruLM.Training;

namespace GruLM.Cli;

/// <summary>Tells each of <paramref name="observers"/>, to which some may be added later.</summary>
internal sealed class SharedObserver(List<ITrainingObserver> observers) : ITrainingObserver
{
    public void OnSteps(StepReport report) => observers.ForEach(o => o.OnSteps(report));

    public void OnEvaluation(EvaluationReport report) => observers.ForEach(o => o.OnEvaluation(report));

    public void OnEpoch(EpochReport report) => observers.ForEach(o => o.OnEpoch(report));

    public void OnCheckpoint(string folder) => observers.ForEach(o => o.OnCheckpoint(folder));

    public void OnSampleDue(long step) => observers.ForEach(o => o.OnSampleDue(step));

    public void OnNotice(long step, string message) => observers.ForEach(o => o.OnNotice(step, message));
}
