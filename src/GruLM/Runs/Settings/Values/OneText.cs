// A text, such as a path, or several. A path is written whole, since a run may be continued from anywhere.

using System.Text.Json;
using GruLM.Corpus;

namespace GruLM;

/// <summary>A text that may be left out; <paramref name="placeholder"/> stands for it in help.</summary>
internal sealed class OneText(string placeholder, bool isPath = false) : SettingValue<string?>
{
    public override string Placeholder => placeholder;

    // A whole path stays as it was given, and so does the name of standard input.
    public static string FullPath(string path) =>
        path == CorpusFiles.StandardInput || Path.IsPathFullyQualified(path) ? path : Path.GetFullPath(path);

    public override string? Parse(IReadOnlyList<string> words) => words[0];

    public override void Write(Utf8JsonWriter json, string? value) => json.WriteStringValue(isPath ? FullPath(value!) : value);

    public override string Text(string? value) => value ?? "";
}

/// <summary>Several paths; <paramref name="placeholder"/> stands for one in help.</summary>
internal sealed class Paths(string placeholder) : SettingValue<IReadOnlyList<string>>
{
    public override string Placeholder => placeholder;

    public override bool IsList => true;

    public override IReadOnlyList<string> Parse(IReadOnlyList<string> words) => [.. words];

    public override IReadOnlyList<string> Read(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String) return [json.GetString()!];
        if (json.ValueKind == JsonValueKind.Array && json.EnumerateArray().All(element => element.ValueKind == JsonValueKind.String))
        {
            return [.. json.EnumerateArray().Select(element => element.GetString()!)];
        }

        throw new FormatException("a text or a list of texts was expected");
    }

    public override void Write(Utf8JsonWriter json, IReadOnlyList<string> value)
    {
        json.WriteStartArray();
        foreach (string path in value) json.WriteStringValue(OneText.FullPath(path));
        json.WriteEndArray();
    }

    public override string Text(IReadOnlyList<string> value) => string.Join(", ", value);

    public override bool IsLeftOpen(IReadOnlyList<string> value) => value.Count == 0;
}
