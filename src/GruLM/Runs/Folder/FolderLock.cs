// training/lock: held open as long as a run is at work, so that two runs never write to one folder. It goes when the process ends, however
// that happens.

using GruLM.Formats;

namespace GruLM;

/// <summary>Keeps other runs out of a folder.</summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a model folder, which is made where there is none.</summary>
    /// <exception cref="IOException">Another run has it.</exception>
    public static FolderLock Take(RunLayout layout)
    {
        try
        {
            return new FolderLock(Open(layout));
        }
        catch (IOException error) when (File.Exists(layout.Lock))
        {
            throw new IOException($"{layout.Root}: another run is at work in it; wait until it has ended", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            string reason = DiskProblem.Of(error);
            throw new IOException($"{layout.Root}: nothing can be written there{reason}; a run needs a folder that it can write to", error);
        }
    }

    /// <summary>The same; null when another run has it.</summary>
    public static FolderLock? TryTake(RunLayout layout)
    {
        try
        {
            return new FolderLock(Open(layout));
        }
        catch (IOException) when (File.Exists(layout.Lock))
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();

    private static FileStream Open(RunLayout layout)
    {
        Directory.CreateDirectory(layout.Training);
        return new FileStream(layout.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
    }
}
