// Paths and texts in lines that a person copies into a shell: what a shell would cut or read otherwise stands in quotation marks.

namespace GruLM;

/// <summary>Writes words for a shell.</summary>
public static class ShellWord
{
    // Besides letters and digits of any language.
    private const string Harmless = "_@%+=:,./-…";

    // What double quotation marks do not protect.
    private const string Special = "\"$`\\!";

    /// <summary>The word as one types it: as it is where that is safe, else in quotation marks.</summary>
    public static string Of(string word)
    {
        if (OperatingSystem.IsWindows()) return word.Any(char.IsWhiteSpace) ? $"\"{word}\"" : word;
        if (word.Length > 0 && word.All(c => char.IsLetterOrDigit(c) || Harmless.Contains(c))) return word;
        return word.IndexOfAny([.. Special]) < 0 ? $"\"{word}\"" : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
    }
}
