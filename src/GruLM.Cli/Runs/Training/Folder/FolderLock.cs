// training/lock: held open as long as a run is at work, so that two runs never write to one folder. It goes when the process ends, however
// that happens.

using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>Keeps other runs out of a folder.</summary>
internal sealed class FolderLock : IDisposable
{
    private const string Name = "lock";

    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>The path of the file.</summary>
    public string FilePath => _file.Name;

    /// <summary>Takes the lock of a model folder, which is made where there is none.</summary>
    /// <exception cref="IOException">Another run has it.</exception>
    public static FolderLock Take(string modelFolder)
    {
        DirectoryInfo training = Directory.CreateDirectory(Checkpoint.TrainingFolder(modelFolder));
        string path = Path.Combine(training.FullName, Name);
        try
        {
            return new FolderLock(
                new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
        }
        catch (IOException error) when (File.Exists(path))
        {
            throw new IOException($"{modelFolder}: another grulm train is at work in it ({error.Message})", error);
        }
    }

    public void Dispose() => _file.Dispose();
}
