// Files of kinds that this library does not know itself, such as Parquet's: a project that reads one makes it known here, by the extension
// of its files. It hands on their records as JSON lines, so that all that is said of records (which fields they have, how they are cleaned,
// what is noted of them) is said once.

using System.Collections.Concurrent;

namespace GruLM.Corpus;

/// <summary>Knows the kinds of corpus files that other projects read. Safe for several threads.</summary>
public static class CorpusReaders
{
    private static readonly ConcurrentDictionary<string, Func<string, string?, IEnumerable<ReadOnlyMemory<byte>>>> s_known =
        new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The extensions of these files, in ordinal order.</summary>
    public static IReadOnlyList<string> Extensions => [.. s_known.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Makes files of an extension known: from here on they are read wherever a corpus is, and taken from folders. A form that
    /// is given for all files (<see cref="CorpusOptions.Format"/>) wins. An extension that is known already is read anew from here
    /// on.</summary>
    /// <param name="extension">The extension with its point, such as <c>.parquet</c>; large and small letters are the same.</param>
    /// <param name="read">Reads the file of a name and gives its records one after another: each a JSON object in UTF-8 on one line,
    /// without a line end, with <c>text</c>, with <c>prompt</c> and <c>completion</c> or with <c>messages</c>, valid until the next is
    /// asked for. Its second argument is the column that holds the text, null for the usual one. It throws <see cref="IOException"/> where
    /// the file cannot be read and <see cref="InvalidDataException"/> for what is wrong with it, with that name in the message; several
    /// threads may call it.</param>
    /// <exception cref="ArgumentException">The extension is none, or is that of packed files.</exception>
    public static void Register(string extension, Func<string, string?, IEnumerable<ReadOnlyMemory<byte>>> read)
    {
        ArgumentNullException.ThrowIfNull(extension);
        ArgumentNullException.ThrowIfNull(read);
        if (Path.GetExtension(extension) != extension || extension.Length < 2 || Packing.OfName(extension) is not null)
        {
            throw new ArgumentException($"'{extension}' is no extension of corpus files; one as .parquet was expected");
        }

        s_known[extension] = read;
    }

    /// <summary>Whether a file is read by one of these, as far as its name tells.</summary>
    internal static bool Knows(string file) => s_known.ContainsKey(Path.GetExtension(file));

    /// <summary>The records of a file as JSON lines; null for one that is read by this library itself.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    internal static Stream? Open(string file, CorpusOptions options, CancellationToken cancellation)
    {
        if (options.Format is not null) return null;
        Func<string, string?, IEnumerable<ReadOnlyMemory<byte>>>? read = s_known.GetValueOrDefault(Path.GetExtension(file));
        if (read is null) return null;

        // So that what is wrong with its name or its permissions is said in the same words for every kind.
        CorpusFiles.Open(file, cancellation).Dispose();
        return new RecordLines(read(file, options.Column));
    }
}
