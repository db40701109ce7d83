// metrics.jsonl: one JSON object a line for each report and each evaluation, appended as they come, so that a plot can follow a run.

using System.Text.Json;

namespace GruLM.Training;

/// <summary>Appends a run's figures to a JSON-lines file. Names and units: MODEL.md.</summary>
public sealed class MetricsFile : ITrainingObserver, IDisposable
{
    private readonly FileStream file;

    /// <summary>Opens <c>training/metrics.jsonl</c> in a model folder, emptied unless <paramref name="append"/>.</summary>
    public MetricsFile(string modelFolder, bool append)
    {
        string folder = Checkpoint.TrainingFolder(modelFolder);
        Directory.CreateDirectory(folder);
        file = new FileStream(Path.Combine(folder, "metrics.jsonl"), append ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.Read);
    }

    /// <inheritdoc/>
    public void OnSteps(StepReport report) => WriteLine(json =>
    {
        json.WriteNumber("step", report.Step);
        json.WriteNumber("tokens", report.Tokens);
        json.WriteNumber("seconds", Math.Round(report.Seconds, 3));
        Finite(json, "train_nll", report.TrainNll);
        Finite(json, "token_accuracy", report.TokenAccuracy);
        json.WriteNumber("lr", report.LearningRate);
        Finite(json, "grad_norm", report.GradientNorm);
        json.WriteNumber("tokens_per_s", Math.Round(report.TokensPerSecond, 1));
    });

    /// <inheritdoc/>
    public void OnEvaluation(EvaluationReport report) => WriteLine(json =>
    {
        json.WriteNumber("step", report.Step);
        json.WriteNumber("tokens", report.Tokens);
        json.WriteNumber("seconds", Math.Round(report.Seconds, 3));
        Finite(json, "val_nll", report.Result.Sums.MeanNll);
        Finite(json, "val_perplexity", report.Result.Sums.Perplexity);
        Finite(json, "val_bits_per_byte", report.Result.BitsPerByte);
        Finite(json, "val_token_accuracy", report.Result.Sums.Accuracy);
    });

    /// <inheritdoc/>
    public void OnEpoch(EpochReport report)
    {
        // Its figures are in the lines of its steps and its evaluation.
    }

    /// <inheritdoc/>
    public void OnCheckpoint(string folder) => file.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void OnNotice(string message) => WriteLine(json => json.WriteString("notice", message));

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    // JSON has no infinity and no NaN.
    private static void Finite(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private void WriteLine(Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(file))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        file.WriteByte((byte)'\n');
        file.Flush();
    }
}
