// A part of a file of lines: those that begin in a range of its bytes. Parts of equal ranges have each line once, whoever reads them.

namespace GruLM.Cli.Pipes;

/// <summary>The lines of <paramref name="File"/> that begin from byte <paramref name="Start"/> up to, and without, byte
/// <paramref name="End"/>.</summary>
internal readonly record struct LineRange(string File, long Start, long End)
{
    private const int BlockBytes = 1 << 16;

    /// <summary>A file in ranges of <paramref name="size"/> bytes.</summary>
    public static IEnumerable<LineRange> Of(string file, long size)
    {
        long length = InputFiles.TotalBytes([file]);
        for (long start = 0; start < length; start += size) yield return new LineRange(file, start, Math.Min(start + size, length));
    }

    /// <summary>The lines, with their ends.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public MemoryStream Read()
    {
        using FileStream file = Open();

        // The byte before says whether the first one begins a line.
        long at = Math.Max(Start - 1, 0);
        file.Position = at;
        byte[] bytes = new byte[End - at];
        int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        int first = Start == 0 ? 0 : bytes.AsSpan(0, length).IndexOf((byte)'\n') + 1;
        var lines = new MemoryStream(length);
        if (Start > 0 && first == 0) return lines;
        lines.Write(bytes, first, length - first);

        // The last line may go on behind the range.
        if (length > first && bytes[length - 1] != (byte)'\n') CopyLine(file, lines);
        lines.Position = 0;
        return lines;
    }

    /// <summary>How many lines of the file begin before the range.</summary>
    public long LinesBefore()
    {
        using FileStream file = Open();
        byte[] block = new byte[BlockBytes];
        long lines = 0, at = 0;
        byte last = (byte)'\n';
        while (at < Start)
        {
            int read = file.Read(block, 0, (int)Math.Min(block.Length, Start - at));
            if (read == 0) break;
            lines += block.AsSpan(0, read).Count((byte)'\n');
            last = block[read - 1];
            at += read;
        }

        return last == (byte)'\n' ? lines : lines + 1;
    }

    private static void CopyLine(FileStream file, MemoryStream lines)
    {
        byte[] block = new byte[BlockBytes];
        while (file.Read(block, 0, block.Length) is int read and > 0)
        {
            int end = block.AsSpan(0, read).IndexOf((byte)'\n');
            lines.Write(block, 0, end < 0 ? read : end + 1);
            if (end >= 0) return;
        }
    }

    private FileStream Open() => new(File, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
}
