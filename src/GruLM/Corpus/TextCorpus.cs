// A corpus: the cleaned UTF-8 of all its files, one after another, where its samples are, and what was counted and repaired while
// reading. Plain text comes as it stands; JSON lines and tables are read by the files beside this one. A long corpus does not lie in
// memory: one file in which nothing is to be repaired is read where it is, anything else goes to a temporary file.

using System.Buffers;
using System.Text;

namespace GruLM.Corpus;

/// <summary>The text of a corpus. Safe for several threads.</summary>
public sealed class TextCorpus
{
    private TextCorpus(CorpusText text, CorpusCounts counts, IReadOnlyList<string> files)
    {
        Text = text;
        Counts = counts;
        Files = files;
    }

    /// <summary>The text with its samples.</summary>
    public CorpusText Text { get; }

    /// <summary>The text in one piece: valid UTF-8, line ends as LF, no byte-order mark, no NUL. Throws <see cref="InvalidDataException"/>
    /// above two gigabytes. A long text is read anew from its file at each call.</summary>
    public ReadOnlyMemory<byte> Utf8 => Text.Utf8;

    /// <summary>What was counted and repaired while reading.</summary>
    public CorpusCounts Counts { get; }

    /// <summary>The files it was read from, in order.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Reads files, folders of them, or standard input. What a file holds, its name says (see <see cref="CorpusFiles"/>) unless
    /// the options do; standard input and .json files are plain text unless they begin with a JSON record. What begins like a gzip or
    /// zstd file is unpacked, and UTF-16 and UTF-32 are decoded where a byte-order mark tells of them.</summary>
    /// <param name="names">Files, folders (the files in them that hold text, in ordinal order) or <c>-</c> for standard input.</param>
    /// <param name="options">How they are read; null for the defaults.</param>
    /// <param name="cancellation">Ends the reading early.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    /// <exception cref="InvalidDataException">A file is damaged or no text, a named one is empty, or a folder has no text.</exception>
    /// <exception cref="IOException">A file cannot be read, or there is no room for the temporary file.</exception>
    /// <exception cref="ArgumentException">No name was given, or standard input was named twice.</exception>
    public static TextCorpus Read(IReadOnlyList<string> names, CorpusOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new CorpusOptions();
        IReadOnlyList<string> files = CorpusFiles.Find(names);
        if (AsItStands(files, options, cancellation) is { } corpus)
        {
            return corpus;
        }

        long expectedBytes = files.Sum(CorpusFiles.LengthOf);
        using var builder = new CorpusBuilder(expectedBytes, options.MostInMemory);
        var notes = new ReadingNotes();
        HashSet<string> named = [.. names];
        foreach (string name in files)
        {
            // A file that was named on its own is expected to hold something; one found in a folder is not.
            if (!named.Contains(name) && !HasText(name, notes))
            {
                builder.AddEmptyFile(ofRecords: options.FormatOf(name) != CorpusFormat.Plain);
                continue;
            }

            long before = builder.Length;
            using (var file = new CorpusFile(name, options, notes, cancellation))
            {
                Add(file, builder, options.Progress);
            }

            if (builder.Length == before && named.Contains(name))
            {
                string shown = CorpusFiles.DisplayName(name);
                throw new InvalidDataException($"{shown}: is empty, text was expected");
            }
        }

        notes.Tell(options.Notice);
        if (builder.Length == 0)
        {
            string all = string.Join(", ", names);
            throw new InvalidDataException($"{all}: holds only empty files, text was expected");
        }

        return Finish(builder, files);
    }

    /// <summary>Whether such names can be read so, as far as that is known without opening them; throws where not.</summary>
    /// <exception cref="ArgumentException">A column was given, and nothing has columns; or no name was.</exception>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    /// <exception cref="InvalidDataException">A folder has no text.</exception>
    public static void Check(IReadOnlyList<string> names, CorpusOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        IReadOnlyList<string> files = CorpusFiles.Find(names);
        if (options.Column is null || files.Any(file => options.FormatOf(file) == CorpusFormat.Table)) return;
        string reason = options.Format switch
        {
            null when !names.Any(Directory.Exists) => string.Join(", ", names.Select(CorpusFiles.DisplayName))
                + (names.Count == 1 ? " is" : " are") + " not named *.csv (or *.csv.gz, *.csv.zst); 'DataFormat' csv reads any as a table",
            null => string.Join(", ", names) + " has no file named *.csv (or *.csv.gz, *.csv.zst); 'DataFormat' csv reads any as a table",
            CorpusFormat.JsonLines => "'DataFormat' jsonl reads none; give 'DataFormat' csv",
            _ => "'DataFormat' text reads none; give 'DataFormat' csv",
        };
        throw new ArgumentException($"'Column' {options.Column}: only tables have columns, and {reason}");
    }

    /// <summary>The text of one file, which <see cref="Read"/> would hold, as a stream in memory that does not grow with it.</summary>
    /// <param name="file">A file, or <c>-</c> for standard input.</param>
    /// <param name="options">How it is read; null for the defaults.</param>
    /// <param name="cancellation">Ends the reading early.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="InvalidDataException">It is no text, or damaged at its beginning; what is damaged later is found while the stream
    /// is read.</exception>
    public static Stream Open(string file, CorpusOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new CorpusOptions();
        var notes = new ReadingNotes();
        return new CorpusStream(new CorpusFile(file, options, notes, cancellation), () => notes.Tell(options.Notice));
    }

    /// <summary>The documents of one file, while it is being read: its lines, blank ones too, or its records. Memory does not grow with the
    /// file, only with its longest documents.</summary>
    /// <param name="file">A file, or <c>-</c> for standard input.</param>
    /// <param name="options">How it is read; null for the defaults.</param>
    /// <param name="cancellation">Ends the reading with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="IOException">It cannot be opened or read.</exception>
    /// <exception cref="InvalidDataException">It is no text, or damaged; a record cannot be read.</exception>
    public static IEnumerable<CorpusDocument> Documents(
        string file, CorpusOptions? options = null, CancellationToken cancellation = default) =>
        new DocumentReader(file, options ?? new CorpusOptions()).Read(cancellation).SelectMany(documents => documents);

    /// <summary>The documents of one file as <see cref="Documents"/> gives them. The reading is done on the thread pool.</summary>
    public static IAsyncEnumerable<CorpusDocument> DocumentsAsync(
        string file, CorpusOptions? options = null, CancellationToken cancellation = default)
    {
        var reader = new DocumentReader(file, options ?? new CorpusOptions());
        return ThreadPoolEnumeration.Enumerate(reader.Read, cancellation).SelectMany(documents => documents);
    }

    /// <summary>A text that is in memory, such as a prompt, cleaned as the text of a corpus is: no byte-order mark at its beginning, no
    /// NUL, line ends of Windows as LF, halves of surrogate pairs as U+FFFD. Everything else stays.</summary>
    public static string Clean(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        bool mayBeUnclean = text.StartsWith('\uFEFF') || text.AsSpan().ContainsAny('\r', '\0')
            || text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF');
        if (!mayBeUnclean) return text;
        var cleaned = new ArrayBufferWriter<byte>();
        new TextCleaner(cleaned).Append(Encoding.UTF8.GetBytes(text), last: true);
        return Encoding.UTF8.GetString(cleaned.WrittenSpan);
    }

    /// <summary>A corpus of plain text that is in memory already, cleaned in the same way.</summary>
    /// <exception cref="InvalidDataException">The text is empty.</exception>
    public static TextCorpus FromBytes(ReadOnlyMemory<byte> bytes, string name = "text")
    {
        using var builder = new CorpusBuilder(bytes.Length, Array.MaxLength);
        var cleaner = new TextCleaner(builder.Text);
        cleaner.Append(bytes.Span, last: true);
        builder.Count(cleaner);
        if (builder.Length == 0)
        {
            throw new InvalidDataException($"{name}: is empty, text was expected");
        }

        return Finish(builder, [name]);
    }

    // One long file of plain text in which nothing is to be repaired; null for anything else.
    private static TextCorpus? AsItStands(IReadOnlyList<string> files, CorpusOptions options, CancellationToken cancellation)
    {
        if (files is not [not CorpusFiles.StandardInput and var name] || options.FormatOf(name) != CorpusFormat.Plain
            || CorpusFiles.IsPlainTable(name) || options.LooksInto(name)
            || CorpusFiles.LengthOf(name) <= options.MostInMemory)
        {
            return null;
        }

        if (CountClean(name, options, cancellation) is not { } counts)
        {
            return null;
        }

        // The file may have been written to meanwhile.
        FileStream file = CorpusFiles.Open(name, cancellation);
        if (file.Length == counts.Bytes)
        {
            return new TextCorpus(new CorpusText(new FileBytes(file, name)), counts, files);
        }

        file.Dispose();
        return null;
    }

    // Counts the text of a file; null when something in it is to be repaired.
    private static CorpusCounts? CountClean(string name, CorpusOptions options, CancellationToken cancellation)
    {
        var counts = new CorpusCounts(0, 0, 0, 0, 0, 0);
        byte last = (byte)'\n';
        using var text = CleanedText.OfFile(name, options, cancellation);
        for (ReadOnlySpan<byte> portion; (portion = text.NextPortion()).Length > 0;)
        {
            if (text.Cleaner.Repaired || text.Source is not { Packing: null, Decoded: null })
            {
                return null;
            }

            counts = counts with
            {
                Bytes = counts.Bytes + portion.Length,
                Characters = counts.Characters + TextSplit.CountCharacters(portion),
                Lines = counts.Lines + portion.Count((byte)'\n'),
            };
            last = portion[^1];
            options.Progress?.Invoke(counts.Bytes);
        }

        return last == (byte)'\n' ? counts : counts with { Lines = counts.Lines + 1 };
    }

    private static void Add(CorpusFile file, CorpusBuilder builder, Action<long>? progress)
    {
        builder.BeginFile(file.HasRecords);
        if (file.HasRecords)
        {
            foreach (CorpusRecord record in file.Records())
            {
                builder.AddRecord(record);
                progress?.Invoke(builder.Length);
            }
        }
        else
        {
            for (ReadOnlySpan<byte> portion; (portion = file.Text.NextPortion()).Length > 0;)
            {
                builder.Text.Write(portion);
                progress?.Invoke(builder.Length);
            }

            builder.EndPlainFile();
        }

        builder.Count(file.Text.Cleaner);
        file.NoteWhatItWas();
    }

    // Whether a file that was found in a folder can be read, and has bytes; a pipe or a device has none.
    private static bool HasText(string name, ReadingNotes notes)
    {
        try
        {
            if (CorpusFiles.LengthOf(name) == 0)
            {
                notes.Add(name, "{files}: passed over: empty, or no regular file");
                return false;
            }

            CorpusFiles.Open(name).Dispose();
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            notes.Add(name, "{files}: passed over: cannot be opened");
            return false;
        }
    }

    private static TextCorpus Finish(CorpusBuilder builder, IReadOnlyList<string> files)
    {
        (CorpusText text, CorpusCounts counts) = builder.Finish();
        return new TextCorpus(text, counts, files);
    }
}
