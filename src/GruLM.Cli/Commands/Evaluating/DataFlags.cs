// --data-format and --column: what the data are, where their names do not say it, for the commands that measure a model on text. (Those of
// grulm train are settings of the library's table.)

using System.CommandLine;
using GruLM.Corpus;

namespace GruLM.Cli.Commands;

/// <summary>The flags that say how data are read.</summary>
internal sealed class DataFlags
{
    // In the order of CorpusFormat.
    private static readonly string[] s_formats = ["text", "jsonl", "csv"];

    /// <summary>What <c>--data-format</c> says.</summary>
    public Option<string> Format { get; } = Flags.OneOf(
        "--data-format", ["auto", .. s_formats], "auto",
        "what the data are, whatever their names (auto: as .jsonl, .ndjson or .csv says, else text; "
        + ".json and standard input: text, or JSON records when they begin with one; gzip and UTF-16 are seen by themselves)");

    /// <summary>What <c>--column</c> says.</summary>
    public Option<string?> Column { get; } = Flags.Text("--column", "NAME", "the column of CSV that holds the text (default: text)");

    /// <summary>The format that was given; null for none.</summary>
    public CorpusFormat? FormatOf(ParseResult flags) =>
        Array.IndexOf(s_formats, flags.GetValue(Format)) is >= 0 and var index ? (CorpusFormat)index : null;
}
