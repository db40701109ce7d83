// Which files a corpus is made of: what the user named, a folder standing for the text files directly in it, "-" for standard input.
// The order is the one given, within a folder that of the names' characters, so that the same names give the same corpus everywhere.
// What a file is, its name says: .jsonl and .ndjson are JSON lines, .csv a table, everything else plain text; .gz behind any of these is
// unpacked while reading. Standard input has no name: what it holds, CorpusFile finds out. Left out on purpose: folders within folders, and
// guessing from the content of files.
namespace GruLM.Corpus;

/// <summary>Finds the files of a corpus.</summary>
public static class CorpusFiles
{
    /// <summary>The name that stands for standard input.</summary>
    public const string StandardInput = "-";

    private const string Packed = ".gz";

    private static readonly string[] s_folderEndings = [".txt", ".jsonl", ".ndjson", ".csv"];

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
                string[] texts = Directory.GetFiles(name).Where(file => s_folderEndings.Contains(Ending(file))).ToArray();
                if (texts.Length == 0)
                {
                    throw new InvalidDataException(
                        $"{name}: the folder has no text; files named {string.Join(", ", s_folderEndings.Select(e => "*" + e))}, or these with .gz, were expected directly in it");
                }

                files.AddRange(texts.Order(StringComparer.Ordinal));
            }
            else
            {
                throw new FileNotFoundException($"{name}: there is no such file or folder", name);
            }
        }

        return files;
    }

    /// <summary>What a file holds, by its name.</summary>
    public static CorpusFormat FormatOf(string file) => Ending(file) switch
    {
        ".jsonl" or ".ndjson" => CorpusFormat.JsonLines,
        ".csv" => CorpusFormat.Table,
        _ => CorpusFormat.Plain,
    };

    /// <summary>Whether a file is to be unpacked, by its name.</summary>
    public static bool IsPacked(string file) => file.EndsWith(Packed, StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens a file, which others may write and delete meanwhile.</summary>
    internal static FileStream Open(string file) =>
        new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: IsPacked(file) ? 1 << 16 : 0);

    /// <summary>How a file is called in messages.</summary>
    internal static string Called(string file) => file == StandardInput ? "standard input" : file;

    // The ending that tells the format, in small letters, without .gz.
    private static string Ending(string file) => Path.GetExtension(IsPacked(file) ? file[..^Packed.Length] : file).ToLowerInvariant();
}
