// --data-format and --column: what the data are, where their names do not say it, for every command that reads a corpus.

using System.CommandLine;
using GruLM.Cli.Runs;
using GruLM.Corpus;

namespace GruLM.Cli.Commands;

/// <summary>The flags that say how data are read.</summary>
internal sealed class DataFlags
{
    /// <summary>What <c>--data-format</c> says.</summary>
    public Option<string> Format { get; } = Flags.OneOf(
        DataForm.FormatFlag, ["auto", .. DataForm.FormatNames], "auto",
        "what the data are, whatever their names (auto: as .jsonl, .ndjson or .csv says, else text; "
        + "standard input: text, or JSON lines when its first line is a record; gzip is seen by itself)");

    /// <summary>What <c>--column</c> says.</summary>
    public Option<string?> Column { get; } = Flags.Text(
        DataForm.ColumnFlag, "NAME", "the column of CSV that holds the text (default: text)");

    /// <summary>The format that was given; null for none.</summary>
    public CorpusFormat? FormatOf(ParseResult flags) => DataForm.FormatNamed(flags.GetValue(Format));

    /// <summary>What both say.</summary>
    public DataForm Value(ParseResult flags) => new(DataForm.FormatNamed(flags.GetValue(Format)), flags.GetValue(Column));
}
