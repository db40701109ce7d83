// training/run.json: what a run found when it began, so that resuming can tell whether it still finds the same: the texts, the
// tokenizer, the weights it started from, the kernels. What it was told stands in settings.json.

using System.Text.Json;
using System.Text.Json.Serialization;
using GruLM.Corpus;
using GruLM.Formats;
using GruLM.Generation;
using GruLM.Model;

namespace GruLM;

/// <summary>The size and checksum of a text, as it was read.</summary>
/// <param name="Bytes">UTF-8 bytes.</param>
/// <param name="Sha256">Their checksum.</param>
internal sealed record TextRecord(long Bytes, string Sha256)
{
    /// <summary>The record of a text; where samples are no lines, their places are part of it.</summary>
    public static TextRecord Of(CorpusText text) => new(text.Length, Convert.ToHexStringLower(text.Checksum().Span));
}

/// <summary>What a run found when it began.</summary>
internal sealed record RunRecord
{
    /// <summary>What a run finds now.</summary>
    public static RunRecord Of(TrainingTexts texts, TrainingSettings settings, IRunFolder folder, IDevice device) => new()
    {
        Training = TextRecord.Of(texts.Training),
        HeldOut = TextRecord.Of(texts.HeldOut),
        Kernels = device.Kernels,
        Device = device.Description,
        Version = GrulmVersion.Text,
        Input = settings.InputName,
        InitFrom = settings.InitFrom is null || folder.CheckpointFolder is not null
            ? null
            : FolderChecksums.Of(Path.Combine(settings.InitFrom, ModelFile.WeightsName)),
    };

    /// <summary>The training part of the text.</summary>
    public required TextRecord Training { get; init; }

    /// <summary>The held-out part.</summary>
    public required TextRecord HeldOut { get; init; }

    /// <summary>Kernels and precision, which decide the last bits.</summary>
    public required string Kernels { get; init; }

    /// <summary>What computed, in words; null for runs that began before this was recorded.</summary>
    public string? Device { get; init; }

    /// <summary>The version of the program.</summary>
    public required string Version { get; init; }

    /// <summary>Checksum of tokenizer.model; null until it is there.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Whether the model that it is to replace stays until it has ended.</summary>
    public bool ReplacesAtEnd { get; init; }

    /// <summary>Checksum of the weights that it started from; null for starting values.</summary>
    public string? InitFrom { get; init; }

    /// <summary>The folder that the run began in, by which texts are found again that were moved with it; null in older records.</summary>
    public string? Folder { get; init; }

    /// <summary>What its standard input was called (see <see cref="TrainingSettings.InputName"/>); null: just that.</summary>
    public string? Input { get; init; }

    /// <summary>The settings that decide the run's course, under their names, as they were when it began; null in older records.</summary>
    public IReadOnlyDictionary<string, string>? Settings { get; init; }

    /// <summary>Whether the run read its text as runs did before what a text is was told by its bytes.</summary>
    [JsonIgnore]
    public bool ReadsByNames => Settings is null;

    public void Write(string path) =>
        AtomicFile.WriteAllText(path, JsonSerializer.Serialize(this, RunRecordJsonContext.Default.RunRecord) + "\n");

    /// <summary>The record of a run; null when it was killed before there was one.</summary>
    public static RunRecord? Read(string path)
    {
        if (!File.Exists(path)) return null;
        ReadOnlyMemory<byte> json = JsonBytes.Read(path);
        try
        {
            return JsonSerializer.Deserialize(json.Span, RunRecordJsonContext.Default.RunRecord);
        }
        catch (JsonException error)
        {
            string reason = JsonBytes.Problem(json, error);
            throw new InvalidDataException(
                $"{path}: damaged ({reason}); without it nobody can say whether text and tokenizer are still the same", error);
        }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RunRecord))]
internal sealed partial class RunRecordJsonContext : JsonSerializerContext;
