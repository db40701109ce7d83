// Which files a corpus is made of: what the user named, a folder standing for the text files directly in it, "-" for standard input.
// The order is the one given, within a folder that of the names' characters, so that the same names give the same corpus everywhere.
// The name of a file tells its format: .jsonl and .ndjson are JSON lines, .csv is a table, everything else plain text; a file whose name
// ends in .gz besides is unpacked while it is read. The format of standard input, which has no name, CorpusFile.cs finds out. Left out on
// purpose: folders within folders, and guessing from the content of files.

namespace GruLM.Corpus;

/// <summary>Finds the files of a corpus. Safe for several threads.</summary>
public static class CorpusFiles
{
    /// <summary>The name that stands for standard input.</summary>
    public const string StandardInput = "-";

    private const string Packed = ".gz";

    // Of the files that are taken from a folder.
    private static readonly string[] s_folderExtensions = [".txt", ".jsonl", ".ndjson", ".csv"];

    /// <summary>Turns the names a user gave into files: folders into the text, JSON lines and CSV files directly in them (<c>.gz</c> or
    /// not), in ordinal order of their names.</summary>
    /// <exception cref="ArgumentException">No name was given, or standard input was named twice.</exception>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    /// <exception cref="InvalidDataException">A folder has no text file.</exception>
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
                throw new FileNotFoundException($"{name}: there is no such file or folder", name);
            }
        }

        return files;
    }

    /// <summary>What a file holds, by its name.</summary>
    public static CorpusFormat FormatOf(string file) => Extension(file) switch
    {
        ".jsonl" or ".ndjson" => CorpusFormat.JsonLines,
        ".csv" => CorpusFormat.Table,
        _ => CorpusFormat.Plain,
    };

    /// <summary>Whether a file is to be unpacked, by its name.</summary>
    public static bool IsPacked(string file) => file.EndsWith(Packed, StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens a file, which others may write and delete meanwhile.</summary>
    internal static FileStream Open(string file)
    {
        // Text is read in large portions, which no buffer makes faster.
        int buffer = IsPacked(file) ? 1 << 16 : 0;
        return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, buffer);
    }

    /// <summary>The name of a file in messages.</summary>
    internal static string DisplayName(string file) => file == StandardInput ? "standard input" : file;

    private static IEnumerable<string> FilesIn(string folder)
    {
        string[] files = Directory.GetFiles(folder).Where(file => s_folderExtensions.Contains(Extension(file))).ToArray();
        if (files.Length == 0)
        {
            string patterns = string.Join(", ", s_folderExtensions.Select(extension => "*" + extension));
            throw new InvalidDataException(
                $"{folder}: the folder has no text; files named {patterns}, or these with .gz, were expected directly in it");
        }

        return files.Order(StringComparer.Ordinal);
    }

    // The extension that tells the format, in small letters; that of text.jsonl.gz is .jsonl.
    private static string Extension(string file) => Path.GetExtension(IsPacked(file) ? file[..^Packed.Length] : file).ToLowerInvariant();
}
