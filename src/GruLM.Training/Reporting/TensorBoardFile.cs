// A run's figures as a TensorBoard event file, the same as in metrics.jsonl. A run that goes on writes a file of its own, which tells
// readers to leave out what was written after the checkpoint.

using GruLM.Formats;

namespace GruLM.Training;

/// <summary>Writes a run's figures to <c>events.out.tfevents.*</c>. Tags: docs/model-folder.md. Not thread-safe.</summary>
public sealed class TensorBoardFile : ITrainingObserver, IDisposable
{
    private readonly TensorBoardWriter _writer;

    /// <summary>Creates the file of a run that begins after <paramref name="step"/>: 0, or where it goes on.</summary>
    public TensorBoardFile(string folder, long step) => _writer = new TensorBoardWriter(folder, step);

    /// <inheritdoc/>
    public void OnSteps(StepReport report)
    {
        _writer.WriteScalars(
            report.Step, ("train/nll", report.TrainNll), ("train/token_accuracy", report.TokenAccuracy), ("train/lr", report.LearningRate),
            ("train/grad_norm", report.GradientNorm), ("train/tokens_per_s", report.TokensPerSecond));
        _writer.Flush();
    }

    /// <inheritdoc/>
    public void OnEvaluation(EvaluationReport report)
    {
        (Model.LossSums sums, double bits) = (report.Result.Sums, report.Result.BitsPerByte);
        _writer.WriteScalars(
            report.Step, ("val/nll", sums.MeanNll), ("val/perplexity", sums.Perplexity), ("val/bits_per_byte", bits),
            ("val/token_accuracy", sums.Accuracy));
        _writer.Flush();
    }

    /// <inheritdoc/>
    public void OnCheckpoint(string folder) => _writer.Flush(toDisk: true);

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
