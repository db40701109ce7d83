// A corpus in memory: the cleaned UTF-8 of all its files, one after another, and what was counted and repaired while reading.
// Where a file does not end in a line end and another follows, one is put between them, so that lines never run into each other.
// Left out on purpose, for now: corpora over two gigabytes (one array holds the text) and files that are not plain text.
using System.Buffers;

namespace GruLM.Corpus;

/// <summary>What a corpus consists of, and what had to be repaired.</summary>
/// <param name="Bytes">UTF-8 bytes, after cleaning.</param>
/// <param name="Characters">Unicode code points.</param>
/// <param name="Lines">Lines; a last one without a line end counts.</param>
/// <param name="ReplacedSequences">Wrong UTF-8 sequences that became U+FFFD.</param>
/// <param name="WindowsLineEnds">CRLFs that became LF.</param>
/// <param name="ByteOrderMarks">Byte-order marks dropped at the beginning of files.</param>
public sealed record CorpusCounts(long Bytes, long Characters, long Lines, long ReplacedSequences, long WindowsLineEnds, int ByteOrderMarks);

/// <summary>The text of a corpus.</summary>
public sealed class TextCorpus
{
    private TextCorpus(ReadOnlyMemory<byte> utf8, CorpusCounts counts, IReadOnlyList<string> files)
    {
        Utf8 = utf8;
        Counts = counts;
        Files = files;
    }

    /// <summary>The text: valid UTF-8, line ends as LF, no byte-order mark.</summary>
    public ReadOnlyMemory<byte> Utf8 { get; }

    /// <summary>What was counted and repaired while reading.</summary>
    public CorpusCounts Counts { get; }

    /// <summary>The files it was read from, in order.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Reads text files, folders of them, or standard input.</summary>
    /// <param name="names">Files, folders (their <c>*.txt</c> files in ordinal order) or <c>-</c> for standard input.</param>
    /// <param name="standardInput">What <c>-</c> reads; the process's own when null.</param>
    /// <param name="cancellation">Ends the reading early.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    /// <exception cref="InvalidDataException">A named file is empty, a folder has no text, or there is more text than fits.</exception>
    /// <exception cref="ArgumentException">No name was given, or standard input was named twice.</exception>
    public static TextCorpus Read(IReadOnlyList<string> names, Stream? standardInput = null, CancellationToken cancellation = default)
    {
        var files = CorpusFiles.Find(names);
        var text = new TextBuffer(files.Sum(file => file == CorpusFiles.StandardInput ? 0 : new FileInfo(file).Length));
        long replaced = 0, windowsLineEnds = 0;
        var marks = 0;
        foreach (var file in files)
        {
            if (text.Length > 0 && text.Written[^1] != (byte)'\n')
            {
                text.Write("\n"u8);
            }
            var before = text.Length;
            var cleaner = new TextCleaner(text);
            using (var stream = Open(file, standardInput))
            {
                Copy(stream, cleaner, cancellation);
            }
            // A file that was named on its own is expected to hold something; one found in a folder is not.
            if (text.Length == before && names.Contains(file))
            {
                throw new InvalidDataException($"{(file == CorpusFiles.StandardInput ? "standard input" : file)}: is empty, text was expected");
            }
            replaced += cleaner.ReplacedSequences;
            windowsLineEnds += cleaner.WindowsLineEnds;
            marks += cleaner.HadByteOrderMark ? 1 : 0;
        }
        if (text.Length == 0)
        {
            throw new InvalidDataException($"{string.Join(", ", names)}: holds only empty files, text was expected");
        }

        var written = text.Written;
        var counts = new CorpusCounts(written.Length, TextSplit.CountCharacters(written), CountLines(written), replaced, windowsLineEnds, marks);
        return new TextCorpus(text.WrittenMemory, counts, files);
    }

    /// <summary>A corpus of text that is in memory already, cleaned in the same way.</summary>
    /// <exception cref="InvalidDataException">The text is empty.</exception>
    public static TextCorpus FromBytes(ReadOnlyMemory<byte> bytes, string name = "text")
    {
        var text = new TextBuffer(bytes.Length);
        var cleaner = new TextCleaner(text);
        cleaner.Append(bytes.Span, last: true);
        if (text.Length == 0)
        {
            throw new InvalidDataException($"{name}: is empty, text was expected");
        }
        var written = text.Written;
        var counts = new CorpusCounts(
            written.Length, TextSplit.CountCharacters(written), CountLines(written), cleaner.ReplacedSequences, cleaner.WindowsLineEnds, cleaner.HadByteOrderMark ? 1 : 0);
        return new TextCorpus(text.WrittenMemory, counts, [name]);
    }

    private static Stream Open(string file, Stream? standardInput)
    {
        if (file == CorpusFiles.StandardInput)
        {
            return standardInput ?? Console.OpenStandardInput();
        }
        return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    private static void Copy(Stream stream, TextCleaner cleaner, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            var held = 0;
            int read;
            do
            {
                cancellation.ThrowIfCancellationRequested();
                // Waited for with the token: nobody should have to end standard input to be able to stop.
                read = stream.ReadAsync(buffer.AsMemory(held), cancellation).AsTask().WaitAsync(cancellation).GetAwaiter().GetResult();
                held += read;
                var used = cleaner.Append(buffer.AsSpan(0, held), last: read == 0);
                buffer.AsSpan(used, held - used).CopyTo(buffer);
                held -= used;
            }
            while (read > 0);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static long CountLines(ReadOnlySpan<byte> text) => text.Count((byte)'\n') + (text[^1] == (byte)'\n' ? 0 : 1);

    /// <summary>One growing array; starts at the size the files have, which is exact unless something is repaired.</summary>
    private sealed class TextBuffer(long expected) : IBufferWriter<byte>
    {
        private byte[] _bytes = new byte[Capacity(expected + 2)];

        public int Length { get; private set; }

        public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

        public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

        public void Advance(int count) => Length += count;

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            var needed = (long)Length + Math.Max(1, sizeHint);
            if (needed > _bytes.Length)
            {
                Array.Resize(ref _bytes, Capacity(Math.Max(needed, Math.Min(2L * _bytes.Length, Array.MaxLength))));
            }
            return _bytes.AsMemory(Length);
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        private static int Capacity(long wanted) => wanted <= Array.MaxLength
            ? (int)wanted
            : throw new InvalidDataException($"the text takes about {wanted / 1e9:F1} GB; at most {Array.MaxLength / 1e9:F1} GB can be read, name fewer files");
    }
}
