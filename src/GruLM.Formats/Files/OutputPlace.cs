// Where output goes. A file is replaced as a whole; a link stays, and the file that it leads to is replaced. What is no file, a device, a
// pipe or another thing of the system's, is written to as it is, since a file in its place would take it from everybody. GruLM.Tokenization
// compiles this file too.

namespace GruLM.Formats;

/// <summary>Places of output. Safe for several threads.</summary>
internal static class OutputPlace
{
    private const int MostLinks = 40, BufferBytes = 1 << 16;

    /// <summary>The whole name of the file that is to be replaced: <paramref name="path"/> itself, or what it leads to as a link.</summary>
    /// <exception cref="IOException">Links lead in a circle.</exception>
    public static string FileOf(string path)
    {
        string full = Path.GetFullPath(path);
        return new FileInfo(full).LinkTarget is null ? full : Followed(full, MostLinks);
    }

    /// <summary>What is no file, open for writing; null for a file, and for a place where nothing is.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="full">What <see cref="FileOf"/> says of it.</param>
    /// <exception cref="IOException">The system has no such device or will not write to it.</exception>
    public static FileStream? OpenDevice(string path, string full)
    {
        if (OperatingSystem.IsWindows()) return null;
        if (IsOfSystem(path) || IsOfSystem(full))
        {
            return File.Exists(path)
                ? Open(path)
                : throw new FileNotFoundException($"{path}: cannot be written, there is no device of that name; choose another place");
        }

        // As a device has no length, neither has an empty file.
        if (!File.Exists(full) || new FileInfo(full).Length > 0) return null;
        FileStream stream = Open(full);
        if (!stream.CanSeek || !IsFile(stream)) return stream;
        stream.Dispose();
        return null;
    }

    /// <summary>Whether a name is one of the system's own, for devices and for open files of processes, which says something else to every
    /// process.</summary>
    public static bool IsOfSystem(string name)
    {
        if (OperatingSystem.IsWindows()) return false;
        string path = Path.GetFullPath(name);
        return !path.StartsWith("/dev/shm/", StringComparison.Ordinal)
            && (path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal));
    }

    /// <summary>Gives a new file the rights of the one that it is to replace, if there is one.</summary>
    public static void KeepRights(string old, string replacement)
    {
        if (!OperatingSystem.IsWindows() && File.Exists(old)) File.SetUnixFileMode(replacement, File.GetUnixFileMode(old));
    }

    /// <summary>How a file is created that is to replace another one: as long as it is not whole nobody else can read what the old one kept
    /// to its owner.</summary>
    public static FileStreamOptions Creating(string old)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = BufferBytes,
        };
        if (!OperatingSystem.IsWindows() && File.Exists(old))
        {
            options.UnixCreateMode = File.GetUnixFileMode(old) | UnixFileMode.UserWrite;
        }

        return options;
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, BufferBytes);

    // Only a file has a length that can be set.
    private static bool IsFile(FileStream stream)
    {
        try
        {
            stream.SetLength(0);
            return true;
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // Step by step: a link's words are about the folder that it really stands in, which may have been reached over another link.
    private static string Followed(string full, int left)
    {
        if (left == 0) throw new IOException($"{full}: cannot be written, it is a link that leads to itself");
        if (Path.GetDirectoryName(full) is not { } parent) return full;
        string folder = Followed(parent, left - 1), here = Path.Combine(folder, Path.GetFileName(full));
        return new FileInfo(here).LinkTarget is { } target ? Followed(Path.GetFullPath(target, folder), left - 1) : here;
    }
}
