// Which files a corpus is made of: what the user named, a folder standing for the text files directly in it, "-" for standard input.
// The order is the one given, within a folder that of the names' characters, so that the same names give the same corpus everywhere.
// The name of a file tells its format: .jsonl and .ndjson are JSON lines, .csv is a table, everything else plain text; a .json file and
// standard input, whose names do not tell, CorpusFile.cs looks into. Whether a file is packed, its first bytes tell. Left out on purpose:
// folders within folders, and files whose names begin with a dot, which are the system's or an editor's; whoever reads a folder is told.

using System.Runtime.InteropServices;

namespace GruLM.Corpus;

/// <summary>Finds the files of a corpus. Safe for several threads.</summary>
public static class CorpusFiles
{
    /// <summary>The name that stands for standard input.</summary>
    public const string StandardInput = "-";

    // errno EISDIR, which .NET gives on Unix.
    private const int IsFolder = 21;

    // The upper half of an error of Windows' own among those of .NET.
    private const int OfWindows = unchecked((int)0x80070000) >> 16;

    // Of the files that are taken from a folder.
    private static readonly string[] s_folderExtensions = [".txt", ".jsonl", ".ndjson", ".csv"];

    /// <summary>Turns the names a user gave into files: folders into the text, JSON lines and CSV files directly in them (<c>.gz</c>,
    /// <c>.zst</c> or neither) and those of <see cref="CorpusReaders"/>, in ordinal order of their names, without those that begin with
    /// a dot.</summary>
    /// <exception cref="ArgumentException">No name was given, or standard input was named twice.</exception>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    /// <exception cref="InvalidDataException">A folder has no text file.</exception>
    /// <exception cref="IOException">A folder may not be read.</exception>
    public static IReadOnlyList<string> Find(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (names.Count == 0)
        {
            throw new ArgumentException("no text was named; name a file, a folder or - for standard input");
        }

        if (names.Count(name => name == StandardInput) > 1)
        {
            throw new ArgumentException("standard input (-) was named twice; it can be read only once");
        }

        var files = new List<string>();
        foreach (string name in names)
        {
            if (name == StandardInput || File.Exists(name))
            {
                files.Add(name);
            }
            else if (Directory.Exists(name))
            {
                files.AddRange(FilesIn(name));
            }
            else
            {
                throw Missing(name);
            }
        }

        return files;
    }

    /// <summary>Names as a person reads them, with what of the folders among them is read and what is passed over.</summary>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    internal static string Describe(IReadOnlyList<string> names)
    {
        return string.Join(", ", names.Select(Described));

        static string Described(string name)
        {
            bool isFolder = name != StandardInput && Directory.Exists(name);
            return isFolder ? $"{name} ({FolderContents.Of(name)})" : DisplayName(name);
        }
    }

    /// <summary>What a file holds, by its name.</summary>
    public static CorpusFormat FormatOf(string file) => Extension(file) switch
    {
        ".jsonl" or ".ndjson" => CorpusFormat.JsonLines,
        ".csv" => CorpusFormat.Table,
        _ when CorpusReaders.Knows(file) => CorpusFormat.Table,
        _ => CorpusFormat.Plain,
    };

    /// <summary>Whether a file is to be unpacked: its first bytes say so, or, where it cannot be read, its name.</summary>
    public static bool IsPacked(string file)
    {
        try
        {
            // What has no length may be a pipe, whose bytes come only once.
            if (LengthOf(file) == 0) return Packing.OfName(file) is not null;
            using FileStream stream = Open(file);
            Span<byte> head = stackalloc byte[Packing.HeadBytes];
            return Packing.OfHead(head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)]) is not null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Packing.OfName(file) is not null;
        }
    }

    /// <summary>Whether what a file holds is told by its content rather than by its name.</summary>
    internal static bool IsLookedInto(string file) => file == StandardInput || Extension(file) == ".json";

    /// <summary>Whether a file's name says that it is a table, though it is read as plain text.</summary>
    internal static bool IsPlainTable(string file) => Extension(file) is ".tsv" or ".tab";

    /// <summary>Whether a file's name says that it is one of those that are taken from a folder.</summary>
    internal static bool IsInFolder(string file) => s_folderExtensions.Contains(Extension(file)) || CorpusReaders.Knows(file);

    /// <summary>Opens a file, which others may write and delete meanwhile. A pipe has a length of zero and waits for its writer, which
    /// can be cancelled.</summary>
    internal static FileStream Open(string file, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return LengthOf(file) == 0
            ? Task.Run(() => Open(file), CancellationToken.None).WaitAsync(cancellation).GetAwaiter().GetResult()
            : Open(file);
    }

    /// <summary>Opens a file, which others may write and delete meanwhile.</summary>
    /// <exception cref="IOException">It cannot be opened; the message says why.</exception>
    internal static FileStream Open(string file)
    {
        try
        {
            // Text is read in large portions, which no buffer makes faster.
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(file, error);
        }
    }

    /// <summary>The bytes of a file; 0 for standard input, and for what has none or cannot be looked at, as reading it will
    /// tell.</summary>
    internal static long LengthOf(string file)
    {
        try
        {
            return file == StandardInput ? 0 : new FileInfo(file).Length;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>That a file cannot be opened or read, in words for people.</summary>
    internal static IOException Unreadable(string name, Exception error) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException => new FileNotFoundException(
            new FileInfo(name).LinkTarget is { } target
                ? $"{name}: is a link to {target}, which is not there"
                : $"{name}: there is no such file, or no longer",
            name,
            error),
        UnauthorizedAccessException when Directory.Exists(name) => new IOException($"{name}: is a folder; a file was expected", error),
        IOException { HResult: IsFolder } => new IOException($"{name}: is a folder; a file was expected", error),
        UnauthorizedAccessException => new IOException($"{name}: may not be read; its permissions do not allow it", error),
        IOException other when !IsOfSystem(other) => other,
        _ => new IOException($"{name}: cannot be read: {SystemWords(error)}", error),
    };

    /// <summary>The name of a file in messages.</summary>
    internal static string DisplayName(string file) => file == StandardInput ? "standard input" : file;

    /// <summary>The name of a file, as it is shown in messages, as a person types it; FILE for what has no name.</summary>
    internal static string TypedName(string shown) => shown == DisplayName(StandardInput) ? "FILE" : ShellWord.Of(shown);

    private static FileNotFoundException Missing(string name)
    {
        string[] parts = name.Split(',');
        string several = parts.Length > 1 && parts.All(Path.Exists)
            ? $"; several are named with spaces between them: {string.Join(' ', parts.Select(TypedName))}"
            : "";
        string reason = name.Length == 0
            ? "an empty name was given; name a file, a folder or - for standard input"
            : $"{name}: there is no such file or folder{several}";
        return new FileNotFoundException(reason, name);
    }

    private static IEnumerable<string> FilesIn(string folder)
    {
        var contents = FolderContents.Of(folder);
        if (contents.Files.Count > 0) return contents.Files;
        string patterns = string.Join(", ", s_folderExtensions.Select(extension => "*" + extension));
        string passedOver = contents.PassedOver.Length == 0 ? "" : $" ({contents.PassedOver})";
        throw new InvalidDataException(
            $"{folder}: the folder has no text; files named {patterns}, or these with .gz or .zst, were expected directly in it"
            + passedOver);
    }

    // Others were thrown by a stream, with a message of its own.
    private static bool IsOfSystem(IOException error) => error.HResult > 0 || error.HResult >> 16 == OfWindows;

    // What the system says of an error, without the words that .NET puts around it.
    private static string SystemWords(Exception error) => Marshal.GetPInvokeErrorMessage(error.HResult & 0xFFFF).ToLowerInvariant();

    // The extension that tells the format, in small letters; that of text.jsonl.gz is .jsonl.
    private static string Extension(string file) =>
        Path.GetExtension(Packing.UnpackedName(file)).ToLowerInvariant();
}
