// Files that a command reads, checked before any work begins.
namespace GruLM.Cli.Pipes;

/// <summary>Input files by name; <c>-</c> is standard input.</summary>
internal static class InputFiles
{
    /// <summary>The name of standard input.</summary>
    public const string StandardInput = "-";

    // What stands there says something else to every process.
    private static readonly string[] s_ofSystem = ["/dev/fd/", "/dev/std", "/proc/"];

    /// <summary>Throws for the first name that is neither a file nor <c>-</c>.</summary>
    /// <exception cref="UsageException">A name is empty.</exception>
    /// <exception cref="IOException">There is no such file, or it is a folder.</exception>
    public static void Check(IEnumerable<string> names)
    {
        foreach (string name in names.Where(name => name != StandardInput))
        {
            if (name.Length == 0)
            {
                throw new UsageException("an empty name was given; name a file, or - for standard input");
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

    /// <summary>Throws where the output would take the place of an input.</summary>
    /// <exception cref="UsageException">One of the inputs is that file.</exception>
    public static void CheckOutput(IEnumerable<string> names, string? output)
    {
        if (output is null or "" or StandardInput || !HasContent(output)) return;
        string file = FileOf(output);
        if (names.Any(name => name != StandardInput && HasContent(name) && FileOf(name) == file))
        {
            throw new UsageException($"--output {ShellWord.Of(output)}: would take the place of what is read; give another name");
        }
    }

    private static bool IsOfSystem(string path) => s_ofSystem.Any(folder => path.StartsWith(folder, StringComparison.Ordinal));

    // A device, which may well be both, has none.
    private static bool HasContent(string name) => new FileInfo(FileOf(name)) is { Exists: true, Length: > 0 };

    private static string FileOf(string name)
    {
        var file = new FileInfo(Path.GetFullPath(name));
        if (file.LinkTarget is null) return file.FullName;
        return file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName;
    }

    /// <summary>The name of an input in messages.</summary>
    public static string DisplayName(string name) => name == StandardInput ? "standard input" : name;

    /// <summary>How many bytes the files hold, 0 where standard input is among them.</summary>
    public static long TotalBytes(IReadOnlyCollection<string> names) =>
        names.Contains(StandardInput) || names.Count == 0
        ? 0
        : names.Sum(name => new FileInfo(FileOf(name)) is { Exists: true } file && file.Length > 0 ? file.Length : 0);

    /// <summary>Whether a file can be read by several processes, each its part: a pipe has one reader.</summary>
    public static bool CanBeShared(string name)
    {
        string path = FileOf(name);
        if (name == StandardInput || IsOfSystem(path) || IsOfSystem(Path.GetFullPath(name))) return false;
        if (HasContent(name)) return true;

        // As a pipe has no length, neither has an empty file; for reading alone a pipe would not open before someone writes to it.
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return file.CanSeek;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
