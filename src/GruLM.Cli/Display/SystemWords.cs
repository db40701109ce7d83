// What the system says when a file cannot be opened or written comes in the words of .NET, which begin with anything but the file and tell
// nobody what to do. Here it is said like everything else: what, and what to do. Messages that are ours pass as they are.

using System.Text.RegularExpressions;

namespace GruLM.Cli;

/// <summary>Says what .NET says of files in other words.</summary>
internal static partial class SystemWords
{
    private const string Rights = "access is denied; choose another place, or have the rights to it changed";

    private static readonly (Regex Form, string Words)[] s_forms =
    [
        (Denied(), Rights),
        (NoFile(), "there is no such file"),
        (NoFolder(), "there is no such folder"),
        (InUse(), "another program is using it; try again when that has ended"),
        (Exists(), "exists already; choose another name"),
        (Full(), "the disk is full; make room there, or choose another place"),
        (ReadOnly(), "the disk can only be read; choose another place"),
        (TooLong(), "the name is too long; choose a shorter one"),
    ];

    /// <summary>The message in our words where it is one of .NET's.</summary>
    public static string Of(string message)
    {
        foreach ((Regex form, string words) in s_forms)
        {
            if (form.Match(message) is not { Success: true } match) continue;
            string path = Temporary().Replace(match.Groups["path"].Value, "");
            if (path.Length == 0) return words;
            return $"{path}: {(words == Rights && IsOpenFolder(path) ? "is a folder; a file was expected" : words)}";
        }

        return Other().Match(message) is { Success: true } other
            ? $"{other.Groups["path"].Value}: {other.Groups["what"].Value.ToLowerInvariant()}"
            : message;
    }

    // What the system refuses is to open it as a file, not to look into it.
    private static bool IsOpenFolder(string path)
    {
        if (!Directory.Exists(path)) return false;
        try
        {
            _ = Directory.EnumerateFileSystemEntries(path).Any();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^(?:Access to the path(?: '(?<path>.+)')? is denied\.?|Permission denied(?: : '(?<path>.+)')?)")]
    private static partial Regex Denied();

    [GeneratedRegex(@"^Could not find file '(?<path>.+)'\.?$")]
    private static partial Regex NoFile();

    [GeneratedRegex(@"^Could not find a part of the path '(?<path>.+)'\.?$")]
    private static partial Regex NoFolder();

    [GeneratedRegex(@"^The process cannot access the file '(?<path>.+)' because it is being used by another process\.?$")]
    private static partial Regex InUse();

    [GeneratedRegex(@"^(?:The file '(?<path>.+)' already exists\.?|Cannot create '(?<path>.+)' because a file or directory .*)$")]
    private static partial Regex Exists();

    [GeneratedRegex(@"^(?:No space left on device|Disk quota exceeded|There is not enough space on the disk)\.?(?: : '(?<path>.+)')?$")]
    private static partial Regex Full();

    [GeneratedRegex(@"^Read-only file system(?: : '(?<path>.+)')?$")]
    private static partial Regex ReadOnly();

    [GeneratedRegex(@"^(?:File name too long(?: : '(?<path>.+)')?|The path '(?<path>.+)' is too long.*)$")]
    private static partial Regex TooLong();

    // Files get their names once they are whole.
    [GeneratedRegex(@"\.[0-9a-f]{32}\.tmp$")]
    private static partial Regex Temporary();

    // The system's own sentence with a path behind it.
    [GeneratedRegex(@"^(?<what>[A-Z][A-Za-z ,/-]+) : '(?<path>.+)'$")]
    private static partial Regex Other();
}
