// What can stand behind a flag, or as a word of its own, as far as its name in the help tells: one of a few words, files, folders, or what
// only the person knows.

using System.Text.RegularExpressions;

namespace GruLM.Cli.Commands;

/// <summary>What a value is completed with.</summary>
/// <param name="Words">The words that it can be; empty where they are not known.</param>
/// <param name="IsFile">Whether it is a file or a folder.</param>
/// <param name="IsFolder">Whether it is a folder.</param>
internal sealed partial record CompletedValue(IReadOnlyList<string> Words, bool IsFile = false, bool IsFolder = false)
{
    /// <summary>What is called so in the help, such as <c>auto|fp32|int8</c>, <c>FILE|DIR|-</c> or <c>N</c>.</summary>
    public static CompletedValue Of(string? helpName)
    {
        string[] parts = (helpName ?? "").Trim('[', ']').Split('|');
        if (parts.Length > 1 && parts.All(part => Word().IsMatch(part))) return new CompletedValue(parts);
        bool isFile = parts.Any(part => part.StartsWith("FILE", StringComparison.Ordinal) || part is "PATH" or "OUT");
        return new CompletedValue([], isFile, !isFile && parts.Any(part => part.StartsWith("DIR", StringComparison.Ordinal)));
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9_.-]*$")]
    private static partial Regex Word();
}
