// The libraries name settings by their properties, in single quotes: 'HiddenDim', or with a value 'Samples = Lines'. Here these become the
// flags that a person types: --hidden-dim, --samples lines. All else in quotes stays as it is, since it may be a person's own text.

using System.Text.Json;
using System.Text.RegularExpressions;

namespace GruLM.Cli;

/// <summary>Turns the names of settings into flags.</summary>
internal static partial class SettingWords
{
    // What is in no table: settings that are not a training run's, and those whose flags have other names.
    private static readonly Dictionary<string, string> s_others = new()
    {
        ["OutDir"] = "out-dir",
        ["Overwrite"] = "overwrite",
        ["Map"] = "map",
        ["Out"] = "out",
        ["Type"] = "type",
        ["Resume"] = "resume",
        ["Format"] = "data-format",
        ["HeldOutOnly"] = "held-out",
        ["Window"] = "window",
        ["Dynamic"] = "dynamic",
        ["MaxTokens"] = "max-tokens",
        ["Stop"] = "stop",
        ["Constraint"] = "regex, --grammar or --json-schema",
        ["Weights"] = "weights",
        ["Save"] = "state or a chat's /save",
        ["Learn"] = "learn",
        ["AllowedOrigins"] = "allow-origin",
        ["UserDefinedSymbols"] = "user-defined-symbols",
        ["NBest"] = "nbest",
        ["SamplingSeed"] = "enable-sampling",
    };

    // Settings of tokenizers; their flags are called as they are, and a switch takes a word.
    private static readonly string[] s_ofTokenizers =
    [
        "CharacterCoverage", "Compat", "HardVocabLimit", "InputFormat", "InputSentenceSize", "MaxSentenceLength", "MaxSentencepieceLength",
        "NumSubIterations", "NumThreads", "PretokenizationDelimiter", "SeedSentencepieceSize", "SeedSentencepiecesFile",
        "SelfTestSampleSize", "ShrinkingFactor", "UseAllVocab", "UnkId", "BosId", "EosId", "PadId", "UnkPiece", "BosPiece", "EosPiece",
        "PadPiece",
    ];

    // Of these a value is a person's own word.
    private static readonly string[] s_folders = ["OutDir", "Resume"];

    private static readonly Dictionary<string, string> s_values = new() { ["Plain"] = "text", ["JsonLines"] = "jsonl", ["Table"] = "csv" };

    /// <summary>The text with flags in place of the names of settings.</summary>
    public static string ToFlags(string text) => Names().Replace(text, match =>
    {
        string property = match.Groups["name"].Value, value = match.Groups["value"].Value;
        if (s_ofTokenizers.Contains(property)) return $"--{JsonNamingPolicy.KebabCaseLower.ConvertName(property)} {value}".TrimEnd();
        if ((SettingsTable.OfProperty(property)?.Name ?? s_others.GetValueOrDefault(property)) is not { } name) return match.Value;
        if (value is "true" or "false") return value == "true" ? "--" + name : "--no-" + name;
        string flag = "--" + name;
        if (value.Length == 0) return flag;
        return s_folders.Contains(property) ? $"{flag} {ShellWord.Of(value)}" : $"{flag} {ToTyped(value)}";
    });

    // A value of the library as a person types it.
    private static string ToTyped(string value) =>
        s_values.GetValueOrDefault(value) ?? (Words().IsMatch(value) ? value.ToLowerInvariant() : value);

    [GeneratedRegex(@"'(?<name>[A-Z][A-Za-z0-9]+)(?: = (?<value>[^']+))?'")]
    private static partial Regex Names();

    [GeneratedRegex(@"^[A-Z][A-Za-z0-9]*( or [A-Z][A-Za-z0-9]*)*$")]
    private static partial Regex Words();
}
