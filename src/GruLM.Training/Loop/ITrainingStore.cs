// Where a run keeps what it has: the best model so far, and checkpoints. A plain folder is one (FolderStore.cs); another is the folder of
// a run that replaces an older model once it has one of its own.

using GruLM.Model;

namespace GruLM.Training;

/// <summary>Keeps models and checkpoints. Used by the training thread.</summary>
public interface ITrainingStore
{
    /// <summary>Saves the model, each file whole or not at all. <paramref name="isInterim"/>: the run was stopped, and this is only what it
    /// has so far, neither evaluated nor due to be saved.</summary>
    void SaveModel(ITrainableModel model, bool isInterim);

    /// <summary>Saves a checkpoint and deletes all but the newest <paramref name="keep"/>; with <paramref name="isBest"/> one between
    /// these, of the best model so far, until the next. Returns its folder.</summary>
    /// <exception cref="IOException">It cannot be written; those before it are whole.</exception>
    string SaveCheckpoint(ITrainableModel model, RunPosition position, int keep, bool isBest);
}
