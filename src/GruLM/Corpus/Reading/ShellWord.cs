// The name of a file in a line that a person is to type.

namespace GruLM.Corpus;

/// <summary>Names of files in commands.</summary>
internal static class ShellWord
{
    /// <summary>The name, in quotation marks where it needs them; FILE for what has no name.</summary>
    public static string Of(string name)
    {
        if (name == CorpusFiles.DisplayName(CorpusFiles.StandardInput)) return "FILE";
        bool isPlain = name.All(c => char.IsLetterOrDigit(c) || "-_./\\:,+@=~".Contains(c, StringComparison.Ordinal));
        return isPlain ? name : $"\"{name}\"";
    }
}
