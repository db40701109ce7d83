// The folder of a run in a process that is not the first of several: what the first one found in it, and nothing is ever written. A run
// that goes on reads its checkpoint there, and a large text its tokens, so that all processes see the same folder.

using System.Text.Json.Serialization;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>What the first process of a run found in its folder.</summary>
/// <param name="GoesOn">Whether the run in it goes on.</param>
/// <param name="Checkpoint">The checkpoint to continue from.</param>
/// <param name="ReadsByNames">Whether the run reads its text as older runs did.</param>
/// <param name="InputName">What its standard input was called.</param>
/// <param name="Root">The folder.</param>
internal sealed record FoundFolder(bool GoesOn, string? Checkpoint, bool ReadsByNames, string? InputName, string Root);

/// <summary>A folder that another process writes to.</summary>
internal sealed class FollowedFolder(FoundFolder found, TrainingSettings settings) : IRunFolder
{
    private readonly RunLayout _layout = new(found.Root);

    /// <inheritdoc/>
    public string? CheckpointFolder => found.Checkpoint;

    /// <inheritdoc/>
    public bool GoesOn => found.GoesOn;

    /// <inheritdoc/>
    public bool ReadsByNames => found.ReadsByNames;

    /// <inheritdoc/>
    public string? InputName => found.InputName;

    /// <inheritdoc/>
    public TrainingSettings? Settings => GoesOn ? settings : null;

    /// <inheritdoc/>
    public string? TokenPath => File.Exists(_layout.Tokens) ? _layout.Tokens : null;

    /// <inheritdoc/>
    public string KeptInputPath => _layout.KeptInput;

    /// <inheritdoc/>
    public bool KeepsOldModel => false;

    /// <inheritdoc/>
    public string WeightsPath => Path.Combine(_layout.Root, ModelFile.WeightsName);

    /// <inheritdoc/>
    public TrainingSettings WithTexts(TrainingSettings settings, Action<string> phase, CancellationToken cancel) => settings;

    /// <inheritdoc/>
    public FileStream? OpenKeptInput() => null;

    /// <inheritdoc/>
    public Stream? KeepInput(bool hasOwnName) => null;

    /// <inheritdoc/>
    public Tokenizer? Begin(TrainingSettings settings, RunRecord record, Action<string> notice) => null;

    /// <inheritdoc/>
    public void Keep(Tokenizer tokenizer)
    {
    }

    /// <inheritdoc/>
    public RunFigures? Open(TrainingSettings completed, GenerationConfig defaults, long step) => null;

    /// <inheritdoc/>
    public void WriteFinalSettings(TrainingSettings settings)
    {
    }

    /// <inheritdoc/>
    public bool IsStart(string source) => false;

    /// <inheritdoc/>
    public void TakeThePlace()
    {
    }

    /// <inheritdoc/>
    public void TakeBack()
    {
    }

    /// <inheritdoc/>
    public void SaveModel(ITrainableModel model, bool isInterim)
    {
    }

    /// <summary>Hands over what the first process writes.</summary>
    public string SaveCheckpoint(ITrainableModel model, RunPosition position, int keep, bool isBest)
    {
        model.SaveTrainingState("");
        return "";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

[JsonSerializable(typeof(FoundFolder))]
internal sealed partial class FoundFolderJsonContext : JsonSerializerContext;
