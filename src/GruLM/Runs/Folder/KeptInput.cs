// What a run read from standard input, byte for byte, so that resuming and evaluating find its text again; nobody can give a pipe a second
// time. It is written under another name while it is read, and gets its own when the run begins.

using System.Runtime.ExceptionServices;
using GruLM.Corpus;
using GruLM.Formats;

namespace GruLM;

/// <summary>Standard input, being kept beside the model.</summary>
internal sealed class KeptInput : IDisposable
{
    private const int BufferBytes = 1 << 16;

    private readonly string _path;
    private bool _kept;

    /// <summary>Begins to keep it in a folder that is there.</summary>
    public KeptInput(string path)
    {
        _path = path;
        DiskStep.Before($"write {Partial}");
        Copy = new FileStream(Partial, FileMode.Create, FileAccess.Write, FileShare.Read, BufferBytes);
    }

    /// <summary>Where everything that is read is written to.</summary>
    public FileStream Copy { get; }

    /// <summary>Its name while it is read.</summary>
    private string Partial => _path + ".partial";

    /// <summary>What a run has kept; null when there is nothing.</summary>
    public static FileStream? Open(string path)
    {
        if (!File.Exists(path)) return null;
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, BufferBytes);
    }

    /// <summary>Whether a name stands for something that can be read only once: a pipe, a device, or an open file of a process. Such a file
    /// has no length that the system knows of, as an empty one has none.</summary>
    public static bool IsReadOnce(string name)
    {
        if (name == CorpusFiles.StandardInput || OperatingSystem.IsWindows()) return false;
        return OutputPlace.IsOfSystem(name) || (File.Exists(name) && new FileInfo(name).Length == 0);
    }

    /// <summary>Copies what can be read only once into a file.</summary>
    /// <exception cref="InvalidDataException">There was nothing in it.</exception>
    public static void CopyOnce(string from, string to, CancellationToken cancel)
    {
        DiskStep.Before($"write {to}");

        // Nothing interrupts one who waits at a pipe.
        Task<long> copying = Task.Run(() => Transfer(from, to, cancel), cancel);
        try
        {
            copying.Wait(cancel);
        }
        catch (AggregateException error) when (error.InnerException is { } inner)
        {
            ExceptionDispatchInfo.Throw(inner);
        }

        if (copying.Result == 0) throw new InvalidDataException($"{from}: is empty, text was expected");
    }

    private static long Transfer(string from, string to, CancellationToken cancel)
    {
        using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
        using var copy = new FileStream(to, FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete, 0);
        byte[] buffer = new byte[BufferBytes];
        long bytes = 0;
        for (int read; (read = source.Read(buffer)) > 0; bytes += read)
        {
            cancel.ThrowIfCancellationRequested();
            copy.Write(buffer, 0, read);
        }

        copy.Flush(flushToDisk: true);
        return bytes;
    }

    /// <summary>All was read, and the run begins: from here on it stays.</summary>
    public void Keep()
    {
        if (_kept) return;
        Copy.Flush(flushToDisk: true);
        Copy.Dispose();
        DiskStep.MoveFile(Partial, _path);
        _kept = true;
    }

    /// <summary>Drops it unless it is to stay.</summary>
    public void Dispose()
    {
        Copy.Dispose();
        if (!_kept) DiskStep.DeleteFile(Partial);
    }
}
