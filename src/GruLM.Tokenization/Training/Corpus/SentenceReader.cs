// Reads sentences from text files: a line ends at LF only, so that a CR stays part of its sentence, and a file's last line needs no LF.
// Reads in blocks and hands out copies, so that files of any size pass through.
namespace GruLM.Tokenization;

/// <summary>Lines of files as sentences. Safe for several threads, each with sentences of its own.</summary>
public static class SentenceReader
{
    /// <summary>The lines of several files, in order.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Reading was cancelled.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> ReadFiles(IEnumerable<string> paths, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        foreach (string path in paths)
        {
            using FileStream stream = Interruptible.OpenRead(path, cancel);
            foreach (ReadOnlyMemory<byte> line in ReadLines(stream, cancel))
            {
                yield return line;
            }
        }
    }

    /// <summary>The lines of a stream.</summary>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Reading was cancelled, if need be while it waits for a terminal or a pipe.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> ReadLines(Stream stream, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] buffer = new byte[1 << 16];
        int filled = 0;
        while (true)
        {
            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            cancel.ThrowIfCancellationRequested();
            int read = cancel.CanBeCanceled
                ? Interruptible.Read(stream, buffer.AsMemory(filled), cancel)
                : stream.Read(buffer, filled, buffer.Length - filled);
            int scanned = filled;
            filled += read;
            int start = 0;
            while (Array.IndexOf(buffer, (byte)'\n', Math.Max(scanned, start), filled - Math.Max(scanned, start)) is >= 0 and int end)
            {
                yield return buffer.AsMemory(start, end - start).ToArray();
                start = end + 1;
            }

            if (read == 0)
            {
                if (filled > start)
                {
                    yield return buffer.AsMemory(start, filled - start).ToArray();
                }

                yield break;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
        }
    }

    /// <summary>The lines of a list that people write, such as one of symbols: other than in a text, a CR at a line's end and a byte-order
    /// mark before the first line belong to the form of the file.</summary>
    internal static IEnumerable<ReadOnlyMemory<byte>> ReadList(string path, CancellationToken cancel = default)
    {
        bool first = true;
        foreach (ReadOnlyMemory<byte> line in ReadFiles([path], cancel))
        {
            ReadOnlyMemory<byte> entry = line;
            if (first && entry.Span.StartsWith("\uFEFF"u8)) entry = entry["\uFEFF"u8.Length..];
            if (entry.Span.EndsWith("\r"u8)) entry = entry[..^1];
            first = false;
            yield return entry;
        }
    }

    /// <summary>The lines of a text that is in memory.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> SplitLines(ReadOnlyMemory<byte> text)
    {
        while (!text.IsEmpty)
        {
            int end = text.Span.IndexOf((byte)'\n');
            yield return end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
        }
    }
}
