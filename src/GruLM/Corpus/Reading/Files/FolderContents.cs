// What stands in a folder that was named as data: the files that are read, and how much is passed over, so that a person who expected
// another file to be read is told.

using System.Globalization;

namespace GruLM.Corpus;

/// <summary>What is read of a folder, and what is not.</summary>
/// <param name="Files">The files to read, in ordinal order.</param>
/// <param name="PassedOver">What is passed over, in words; empty for nothing.</param>
internal sealed record FolderContents(IReadOnlyList<string> Files, string PassedOver)
{
    private const string Lost = "a link to nothing, or a name that is no UTF-8";

    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    /// <summary>Looks into a folder.</summary>
    /// <exception cref="IOException">It may not be read, or is gone.</exception>
    public static FolderContents Of(string folder)
    {
        var files = new List<string>();
        int hidden = 0, folders = 0, others = 0, lost = 0;
        foreach (string path in Entries(folder))
        {
            if (Path.GetFileName(path).StartsWith('.')) hidden++;
            else if (LeadsToFile(path) && CorpusFiles.IsInFolder(path)) files.Add(path);
            else if (LeadsToFile(path)) others++;
            else if (Directory.Exists(path)) folders++;
            else lost++;
        }

        files.Sort(StringComparer.Ordinal);
        return new FolderContents(files, Words(hidden, folders, others, lost));
    }

    public override string ToString()
    {
        string files = Count(Files.Count, "file", "files");
        return PassedOver.Length == 0 ? files : $"{files}; {PassedOver}";
    }

    private static string[] Entries(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException($"{folder}: the folder may not be read; its permissions do not allow it", error);
        }
        catch (IOException error)
        {
            throw CorpusFiles.Unreadable(folder, error);
        }
    }

    // A link that leads nowhere is a file to the system.
    private static bool LeadsToFile(string path)
    {
        try
        {
            return File.Exists(path) && (new FileInfo(path).LinkTarget is null || File.ResolveLinkTarget(path, true) is { Exists: true });
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string Words(int hidden, int folders, int others, int lost)
    {
        string[] parts =
        [
            .. Some(hidden, "hidden file", "hidden files"),
            .. Some(folders, "folder", "folders"),
            .. Some(others, "file of another kind", "files of other kinds"),
            .. Some(lost, $"without a file behind it ({Lost})", $"without a file behind them ({Lost})"),
        ];
        return parts.Length switch
        {
            0 => "",
            1 => parts[0] + " passed over",
            _ => string.Join(", ", parts[..^1]) + $" and {parts[^1]} passed over",
        };
    }

    private static string[] Some(int count, string one, string several) => count == 0 ? [] : [Count(count, one, several)];

    private static string Count(int count, string one, string several) =>
        string.Create(s_invariant, $"{count:#,0} {(count == 1 ? one : several)}");
}
