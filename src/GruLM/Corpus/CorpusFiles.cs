// Which files a corpus is made of: what the user named, a folder standing for the text files directly in it, "-" for standard input.
// The order is the one given, within a folder that of the names' characters, so that the same names give the same corpus everywhere.
// Left out on purpose, for now: compressed files, JSON lines and tables; each will be one more reader beside this file.
namespace GruLM.Corpus;

/// <summary>Finds the files of a corpus.</summary>
public static class CorpusFiles
{
    /// <summary>The name that stands for standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>Turns the names a user gave into files: folders into the <c>*.txt</c> files directly in them, in ordinal order of their names.</summary>
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
        foreach (var name in names)
        {
            if (name == StandardInput || File.Exists(name))
            {
                files.Add(name);
            }
            else if (Directory.Exists(name))
            {
                var texts = Directory.GetFiles(name, "*.txt");
                if (texts.Length == 0)
                {
                    throw new InvalidDataException($"{name}: the folder has no text; files named *.txt were expected directly in it");
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
}
