// metrics.jsonl: one JSON object a line for each report and each evaluation, appended as they come, so that a plot can follow a run.
// A run that goes on from a checkpoint drops what was written after it, so that the file reads as one run.

using System.Text.Json;

namespace GruLM.Training;

/// <summary>Appends a run's figures to a JSON-lines file. Names and units: MODEL.md.</summary>
public sealed class MetricsFile : ITrainingObserver, IDisposable
{
    private readonly FileStream file;

    /// <summary>Opens <c>training/metrics.jsonl</c> in a model folder, to append to it.</summary>
    public MetricsFile(string modelFolder)
    {
        string folder = Directory.CreateDirectory(Checkpoint.TrainingFolder(modelFolder)).FullName;
        file = new FileStream(Path.Combine(folder, "metrics.jsonl"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        file.Seek(0, SeekOrigin.End);
    }

    /// <summary>Drops what was written after <paramref name="step"/>; everything for 0.</summary>
    public void GoBackTo(long step)
    {
        file.SetLength(step == 0 ? 0 : LengthUpTo(step));
        file.Seek(0, SeekOrigin.End);
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
    public void OnNotice(long step, string message) => WriteLine(json =>
    {
        json.WriteNumber("step", step);
        json.WriteString("notice", message);
    });

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    // Lines stand in the order of their steps; a last line without an end was cut short when the process was killed.
    private long LengthUpTo(long step)
    {
        var bytes = new byte[file.Length];
        file.Position = 0;
        file.ReadExactly(bytes);
        int length = 0;
        for (int end; (end = Array.IndexOf(bytes, (byte)'\n', length)) >= 0; length = end + 1)
            if (StepOf(bytes.AsMemory(length, end - length)) is not { } lineStep || lineStep > step) break;
        return length;
    }

    private static long? StepOf(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.GetProperty("step").GetInt64();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

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
