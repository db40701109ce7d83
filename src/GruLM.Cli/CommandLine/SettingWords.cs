// The libraries name settings by their properties, in single quotes: 'HiddenDim', or with a value 'Samples = Lines'. Here these become the
// flags that a person types: --hidden-dim, --samples lines. Words in quotes that are no names of that form stay as they are.

using System.Text.RegularExpressions;

namespace GruLM.Cli;

/// <summary>Turns the names of settings into flags.</summary>
internal static partial class SettingWords
{
    // Settings whose flags have SentencePiece's names.
    private static readonly Dictionary<string, string> s_others = new() { ["NBest"] = "nbest", ["SamplingSeed"] = "enable-sampling" };

    /// <summary>The text with flags in place of the names of settings.</summary>
    public static string ToFlags(string text) => Names().Replace(text, match =>
    {
        string property = match.Groups["name"].Value, value = match.Groups["value"].Value;
        string name = SettingsTable.OfProperty(property)?.Name ?? s_others.GetValueOrDefault(property) ?? Kebab(property);
        string flag = "--" + name;
        if (value is "true" or "false") return value == "true" ? flag : "--no-" + flag[2..];
        return value.Length == 0 ? flag : $"{flag} {(Words().IsMatch(value) ? value.ToLowerInvariant() : value)}";
    });

    private static string Kebab(string property) => Capitals().Replace(property, "-$0").TrimStart('-').ToLowerInvariant();

    [GeneratedRegex(@"'(?<name>[A-Z][A-Za-z0-9]+)(?: = (?<value>[^']+))?'")]
    private static partial Regex Names();

    [GeneratedRegex(@"^[A-Z][A-Za-z0-9]*( or [A-Z][A-Za-z0-9]*)*$")]
    private static partial Regex Words();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capitals();
}
