// Files that a command reads, checked before any work begins.
namespace GruLM.Cli.Pipes;

/// <summary>Input files by name; <c>-</c> is standard input.</summary>
internal static class InputFiles
{
    /// <summary>The name of standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>Throws for the first name that is neither a file nor <c>-</c>.</summary>
    /// <exception cref="IOException">There is no such file, or it is a folder.</exception>
    public static void Check(IEnumerable<string> names)
    {
        foreach (string name in names.Where(name => name != StandardInput))
        {
            if (name.Length == 0)
            {
                throw new IOException("an empty name was given; name a file, or - for standard input");
            }

            if (Directory.Exists(name))
            {
                throw new IOException($"{name}: is a folder; a file was expected");
            }

            if (!File.Exists(name))
            {
                throw new FileNotFoundException($"{name}: there is no such file");
            }
        }
    }

    /// <summary>The name of an input in messages.</summary>
    public static string DisplayName(string name) => name == StandardInput ? "standard input" : name;

    /// <summary>How many bytes the files hold, 0 where standard input is among them.</summary>
    public static long TotalBytes(IReadOnlyCollection<string> names) =>
        names.Contains(StandardInput) || names.Count == 0
        ? 0
        : names.Sum(name => new FileInfo(name) is { Exists: true } file && file.Length > 0 ? file.Length : 0);
}
