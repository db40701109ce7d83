// Checkpoints: a folder step-N holds the model, the optimizer's state, the position of the run and the checksums of all of them.
// A checkpoint is written and synced under a temporary name and renamed as one folder, and it is renamed away before it is
// deleted, so that at every instant the folders named step-N are whole ones. So are folders best-N, of the best model between two of
// these: there is one at most, until the next checkpoint of either name.

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using GruLM.Formats;
using GruLM.Model;

namespace GruLM.Training;

/// <summary>Writes, checks and finds checkpoints in a folder, which one run at a time may write to. Safe for several threads that only
/// read.</summary>
public static class Checkpoint
{
    private const string Prefix = "step-", BestPrefix = "best-";
    private const string Unfinished = ".partial";
    private const string PositionName = "position.json";
    private const string StateName = "training.safetensors";

    /// <summary>Writes a checkpoint, then deletes all but the newest <paramref name="keep"/>, and those of later steps: the run has
    /// gone back behind them because they were damaged. With <paramref name="isBest"/> it is one between others, of the best model so
    /// far, which the next one replaces. Returns its folder.
    /// Throws <see cref="IOException"/> when it cannot be written; the checkpoints before it are whole then.</summary>
    public static string Save(string parent, ITrainableModel model, RunPosition position, int keep, bool isBest = false)
    {
        string name = (isBest ? BestPrefix : Prefix) + position.Step.ToString(CultureInfo.InvariantCulture);
        string final = Path.Combine(parent, name);
        string temporary = final + Unfinished;
        try
        {
            DiskStep.CreateFolder(parent);
            RemoveUnfinished(parent);
            DiskStep.CreateFolder(temporary);
            model.Save(temporary);
            model.SaveTrainingState(Path.Combine(temporary, StateName));
            string json = JsonSerializer.Serialize(position, CheckpointJsonContext.Default.RunPosition);
            AtomicFile.WriteAllText(Path.Combine(temporary, PositionName), json + "\n");
            FolderChecksums.Write(temporary);
            if (Directory.Exists(final)) Delete(final);
            DiskStep.MoveFolder(temporary, final);
        }
        catch (Exception error) when (error is (IOException or UnauthorizedAccessException) and not RankFailedException)
        {
            // Half a checkpoint is worth nothing, and takes room on a disk that may be full.
            TryDelete(temporary);
            throw new IOException(
                $"{final}: this checkpoint could not be written{DiskProblem.Of(error)}; "
                + "those before it are whole: mend that and resume the run",
                error);
        }

        int whole = 0;
        foreach ((long step, string folder) in Find(parent))
        {
            if (Path.GetFileName(folder) == name)
            {
                if (!isBest) whole++;
                continue;
            }

            bool isOldBest = Path.GetFileName(folder).StartsWith(BestPrefix, StringComparison.Ordinal);
            if (isOldBest || step > position.Step || ++whole > Math.Max(1, keep)) Delete(folder);
        }

        return final;
    }

    /// <summary>The checkpoints in <paramref name="parent"/>, newest first, unchecked.</summary>
    public static IReadOnlyList<(long Step, string Folder)> Find(string parent)
    {
        if (!Directory.Exists(parent)) return [];
        var found = new List<(long Step, string Folder)>();
        foreach (string folder in (string[])[.. Named(parent, Prefix), .. Named(parent, BestPrefix)])
        {
            string number = Path.GetFileName(folder)[Prefix.Length..];
            if (long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long step)) found.Add((step, folder));
        }

        return [.. found.OrderByDescending(f => f.Step)];
    }

    /// <summary>The folder of the newest checkpoint that is as it was written, or null; <paramref name="notice"/> is told of those passed
    /// over.</summary>
    public static string? NewestWhole(string parent, Action<string> notice)
    {
        foreach ((long _, string folder) in Find(parent))
        {
            if (FolderChecksums.Check(folder) is not { } wrong) return folder;
            notice($"{folder} is damaged ({wrong}) and is passed over");
        }

        return null;
    }

    /// <summary>Reads a checkpoint's position and its optimizer state into <paramref name="model"/>, whose parameters came from the same
    /// folder. Throws <see cref="InvalidDataException"/> when they are damaged.</summary>
    public static RunPosition Load(string folder, ITrainableModel model)
    {
        string path = Path.Combine(folder, PositionName);
        ReadOnlyMemory<byte> json = JsonBytes.Read(path);
        try
        {
            RunPosition? position = JsonSerializer.Deserialize(json.Span, CheckpointJsonContext.Default.RunPosition);
            model.LoadTrainingState(Path.Combine(folder, StateName));
            return position ?? throw new InvalidDataException($"{path}: is empty");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}: not a valid checkpoint position: {JsonBytes.Problem(json, error)}", error);
        }
    }

    // A process that was killed left them behind.
    private static void RemoveUnfinished(string parent)
    {
        foreach (string folder in (string[])[.. Named(parent, Prefix), .. Named(parent, BestPrefix)])
        {
            if (folder.EndsWith(Unfinished, StringComparison.Ordinal)) DiskStep.DeleteFolder(folder);
        }
    }

    private static IEnumerable<string> Named(string parent, string prefix) => Directory.EnumerateDirectories(parent, prefix + "*");

    private static void Delete(string folder)
    {
        string away = folder + ".old" + Unfinished;
        DiskStep.MoveFolder(folder, away);
        DiskStep.DeleteFolder(away);
    }

    private static void TryDelete(string folder)
    {
        try
        {
            DiskStep.DeleteFolder(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true, IgnoreReadOnlyProperties = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RunPosition))]
internal sealed partial class CheckpointJsonContext : JsonSerializerContext;
