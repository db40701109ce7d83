// Checkpoints: training/step-N/ holds the model, the optimizer's state and the position of the run. A checkpoint is written and
// synced under a temporary name and renamed as one folder, so a crash leaves whole ones only.

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using GruLM.Formats;
using GruLM.Model;

namespace GruLM.Training;

/// <summary>Where a run stands: what resuming needs besides parameters and optimizer state.</summary>
public sealed record RunPosition
{
    /// <summary>Updates made.</summary>
    public long Step { get; init; }

    /// <summary>Updates that the schedule was laid out for.</summary>
    public long TotalSteps { get; init; }

    /// <summary>Current epoch, from 0.</summary>
    public int Epoch { get; init; }

    /// <summary>Batches of the epoch already used.</summary>
    public int IndexInEpoch { get; init; }

    /// <summary>Tokens trained on.</summary>
    public long Tokens { get; init; }

    /// <summary>Training time so far.</summary>
    public double Seconds { get; init; }

    /// <summary>Lowest held-out nll so far; null before the first evaluation.</summary>
    public double? BestNll { get; init; }
}

/// <summary>Writes and finds checkpoints under a model folder.</summary>
public static class Checkpoint
{
    private const string Prefix = "step-";
    private const string PositionName = "position.json";
    private const string StateName = "training.safetensors";

    /// <summary>The folder of training files inside a model folder.</summary>
    public static string TrainingFolder(string modelFolder) => Path.Combine(modelFolder, "training");

    /// <summary>Writes a checkpoint and deletes all but the newest <paramref name="keep"/>. Returns its folder.</summary>
    public static string Save(string modelFolder, ITrainableModel model, RunPosition position, int keep)
    {
        string parent = TrainingFolder(modelFolder);
        Directory.CreateDirectory(parent);
        string final = Path.Combine(parent, Prefix + position.Step.ToString(CultureInfo.InvariantCulture));
        string temporary = final + ".partial";
        if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
        Directory.CreateDirectory(temporary);
        model.Save(temporary);
        model.SaveTrainingState(Path.Combine(temporary, StateName));
        AtomicFile.WriteAllText(Path.Combine(temporary, PositionName), JsonSerializer.Serialize(position, CheckpointJsonContext.Default.RunPosition) + "\n");
        if (Directory.Exists(final)) Directory.Delete(final, recursive: true);
        Directory.Move(temporary, final);
        foreach (var (_, old) in Find(modelFolder).Skip(Math.Max(1, keep))) Directory.Delete(old, recursive: true);
        return final;
    }

    /// <summary>The checkpoints of a model folder, newest first.</summary>
    public static IReadOnlyList<(long Step, string Folder)> Find(string modelFolder)
    {
        string parent = TrainingFolder(modelFolder);
        if (!Directory.Exists(parent)) return [];
        return
        [
            .. Directory.EnumerateDirectories(parent, Prefix + "*")
                .Select(f => (Ok: long.TryParse(Path.GetFileName(f)[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out long step), step, f))
                .Where(x => x.Ok).OrderByDescending(x => x.step).Select(x => (x.step, x.f)),
        ];
    }

    /// <summary>Reads a checkpoint's position and its optimizer state into <paramref name="model"/>, whose parameters came from the same folder.</summary>
    public static RunPosition Load(string folder, ITrainableModel model)
    {
        string path = Path.Combine(folder, PositionName);
        try
        {
            var position = JsonSerializer.Deserialize(File.ReadAllBytes(path), CheckpointJsonContext.Default.RunPosition);
            model.LoadTrainingState(Path.Combine(folder, StateName));
            return position ?? throw new InvalidDataException($"{path}: is empty");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}: not a valid checkpoint position: {error.Message}", error);
        }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RunPosition))]
internal sealed partial class CheckpointJsonContext : JsonSerializerContext;
