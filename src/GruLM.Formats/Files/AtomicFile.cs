// Writing a file so that a crash at any instant leaves the old one or the new one whole: the new bytes go to a temporary file in the
// same folder, are flushed to the disk, and the temporary file is renamed over the final one. What a killed process left behind is
// removed by the next write of the same file. Left out on purpose: flushing the folder's own entry, which only decides whether the old or
// the new file is found after a power cut, and more than one writer of one file at a time (the last to finish wins).

using System.Text;

namespace GruLM.Formats;

/// <summary>Writes files that are never seen half written. Safe for several threads, which write different files.</summary>
public static class AtomicFile
{
    /// <summary>Lets <paramref name="write"/> fill a temporary file, then puts it in the place of <paramref name="path"/>, with the
    /// rights of the file that was there. A link stays, and what it leads to is replaced; a device or a pipe is written to as it
    /// is.</summary>
    /// <remarks>When <paramref name="write"/> throws, the old file stays as it was and the temporary one is removed.</remarks>
    /// <exception cref="IOException">The folder does not exist, the path is a folder, or the disk refuses.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        (string full, string folder) = Place(path);
        using (FileStream? device = OutputPlace.OpenDevice(path, full))
        {
            if (device is not null)
            {
                write(device);
                return;
            }
        }

        RemoveLeftovers(folder, Path.GetFileName(full));
        string temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        try
        {
            DiskStep.Before($"write {temporary}");
            using (var stream = new FileStream(temporary, OutputPlace.Creating(full)))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            OutputPlace.KeepRights(full, temporary);
            DiskStep.MoveFile(temporary, full);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    /// <summary>Throws where <see cref="Write"/> would, before there is anything to write.</summary>
    /// <exception cref="IOException">The folder does not exist, or the path is a folder.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder gives no right to write there.</exception>
    public static void Check(string path)
    {
        (string full, string folder) = Place(path);

        // Beside a device there need be no room; an empty file is taken for one.
        if (OutputPlace.IsOfSystem(full) || new FileInfo(full) is { Exists: true, Length: 0 }) return;
        string probe = Path.Combine(folder, $"{Path.GetFileName(full)}.{Guid.NewGuid():N}.tmp");
        new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
    }

    /// <summary>Writes <paramref name="bytes"/> as the whole content of <paramref name="path"/>.</summary>
    /// <exception cref="IOException">As for <see cref="Write"/>.</exception>
    public static void WriteAllBytes(string path, ReadOnlyMemory<byte> bytes) => Write(path, stream => stream.Write(bytes.Span));

    /// <summary>Writes <paramref name="text"/> in UTF-8, without a byte-order mark, as the whole content of
    /// <paramref name="path"/>.</summary>
    /// <exception cref="IOException">As for <see cref="Write"/>.</exception>
    public static void WriteAllText(string path, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        WriteAllBytes(path, Encoding.UTF8.GetBytes(text));
    }

    private static (string Full, string Folder) Place(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = OutputPlace.FileOf(path), folder = Path.GetDirectoryName(full) ?? full;
        if (Directory.Exists(full))
        {
            throw new IOException($"{path}: cannot be written, it is a folder; give the name of a file");
        }

        return Directory.Exists(folder)
            ? (full, folder)
            : throw new DirectoryNotFoundException($"{path}: cannot be written, the folder {folder} does not exist");
    }

    private static void RemoveLeftovers(string folder, string name)
    {
        // "NAME.", 32 hexadecimal digits, ".tmp": nothing else is touched.
        foreach (string leftover in Directory.EnumerateFiles(folder, name + ".*.tmp"))
        {
            string middle = Path.GetFileName(leftover)[(name.Length + 1)..^4];
            if (middle.Length != 32 || !middle.All(char.IsAsciiHexDigitLower))
            {
                continue;
            }

            try
            {
                // Opens only when no living process is writing it.
                using (new FileStream(leftover, FileMode.Open, FileAccess.Write, FileShare.None))
                {
                }

                TryDelete(leftover);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
            }
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            DiskStep.DeleteFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
