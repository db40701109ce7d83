// metrics.jsonl: one JSON object a line for each report, each evaluation and each notice, so that a plot can follow a run.

using System.Text.Json;

namespace GruLM.Training;

/// <summary>Appends a run's figures to a JSON-lines file. Names and units: docs/model-folder.md. Not thread-safe.</summary>
public sealed class MetricsFile : ITrainingObserver, IDisposable
{
    private readonly StepLines _lines;

    /// <summary>Opens a file to append to it, or creates it.</summary>
    public MetricsFile(string path) => _lines = new StepLines(path);

    /// <summary>Drops what was written after <paramref name="step"/>; everything for 0.</summary>
    public void GoBackTo(long step) => _lines.GoBackTo(step);

    /// <inheritdoc/>
    public void OnSteps(StepReport report) => _lines.Write(report.Step, json =>
    {
        json.WriteNumber("tokens", report.Tokens);
        json.WriteNumber("seconds", Math.Round(report.Seconds, 3));
        WriteFinite(json, "train_nll", report.TrainNll);
        WriteFinite(json, "token_accuracy", report.TokenAccuracy);
        json.WriteNumber("lr", report.LearningRate);
        WriteFinite(json, "grad_norm", report.GradientNorm);
        json.WriteNumber("tokens_per_s", Math.Round(report.TokensPerSecond, 1));
    });

    /// <inheritdoc/>
    public void OnEvaluation(EvaluationReport report) => _lines.Write(report.Step, json =>
    {
        json.WriteNumber("tokens", report.Tokens);
        json.WriteNumber("seconds", Math.Round(report.Seconds, 3));
        WriteFinite(json, "val_nll", report.Result.Sums.MeanNll);
        WriteFinite(json, "val_perplexity", report.Result.Sums.Perplexity);
        WriteFinite(json, "val_bits_per_byte", report.Result.BitsPerByte);
        WriteFinite(json, "val_token_accuracy", report.Result.Sums.Accuracy);
    });

    /// <inheritdoc/>
    public void OnCheckpoint(string folder) => _lines.FlushToDisk();

    /// <inheritdoc/>
    public void OnNotice(long step, string message) => _lines.Write(step, json => json.WriteString("notice", message));

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    // JSON has no infinity and no NaN: null stands for them.
    private static void WriteFinite(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }
}
