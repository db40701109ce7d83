// The files of a run's figures: metrics.jsonl, TensorBoard's events, and the samples of what the model writes. They can be closed and
// opened again elsewhere, when the folder of a run moves.

using GruLM.Training;

namespace GruLM;

/// <summary>Writes what the loop reports into files. Not thread-safe.</summary>
internal sealed class RunFigures : ITrainingObserver, IDisposable
{
    private readonly bool _hasSamples;
    private MetricsFile? _metrics;
    private TensorBoardFile? _events;
    private StepLines? _samples;
    private long _step;

    /// <summary>Opens the files; what they hold beyond <paramref name="step"/> is dropped.</summary>
    public RunFigures(RunLayout layout, long step, bool writesSamples)
    {
        _step = step;
        _hasSamples = writesSamples || File.Exists(layout.Samples);
        Reopen(layout);
        _metrics!.GoBackTo(step);
        _samples?.GoBackTo(step);
    }

    /// <summary>Opens the files, where they are now, to go on with them after <see cref="Dispose"/>.</summary>
    public void Reopen(RunLayout layout)
    {
        _metrics = new MetricsFile(layout.Metrics);
        _events = new TensorBoardFile(layout.Training, _step);
        _samples = _hasSamples ? new StepLines(layout.Samples) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _metrics?.Dispose();
        _events?.Dispose();
        _samples?.Dispose();
        (_metrics, _events, _samples) = (null, null, null);
    }

    public void OnSteps(StepReport report)
    {
        _step = report.Step;
        _metrics!.OnSteps(report);
        _events!.OnSteps(report);
    }

    public void OnEvaluation(EvaluationReport report)
    {
        _step = report.Step;
        _metrics!.OnEvaluation(report);
        _events!.OnEvaluation(report);
    }

    public void OnCheckpoint(string folder)
    {
        _metrics!.OnCheckpoint(folder);
        _events!.OnCheckpoint(folder);
        _samples?.FlushToDisk();
    }

    public void OnNotice(long step, string message) => _metrics!.OnNotice(step, message);

    /// <summary>Writes a sample down.</summary>
    public void OnSample(TrainingSample sample) => _samples?.Write(sample.Step, json =>
    {
        json.WriteString("prompt", sample.Prompt);
        json.WriteString("text", sample.Text);
    });
}
