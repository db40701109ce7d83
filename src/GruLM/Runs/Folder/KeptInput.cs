// What a run read from standard input, byte for byte, so that resuming and evaluating find its text again; nobody can give a pipe a second
// time. It is written under another name while it is read, and gets its own when the run begins.

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
