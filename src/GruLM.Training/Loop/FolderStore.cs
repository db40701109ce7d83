// A run's model and checkpoints in a folder.

using GruLM.Model;

namespace GruLM.Training;

/// <summary>Keeps the model in <paramref name="folder"/> and checkpoints in <paramref name="checkpoints"/>. Not thread-safe.</summary>
public sealed class FolderStore(string folder, string checkpoints) : ITrainingStore
{
    /// <inheritdoc/>
    public void SaveModel(ITrainableModel model, bool isInterim) => model.Save(folder);

    /// <inheritdoc/>
    public string SaveCheckpoint(ITrainableModel model, RunPosition position, int keep, bool isBest) =>
        Checkpoint.Save(checkpoints, model, position, keep, isBest);
}
