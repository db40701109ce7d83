// Rows of the table of settings: the text, and how it is cut.

using GruLM.Corpus;
using GruLM.Model;
using static GruLM.SettingRow;

namespace GruLM;

/// <summary>From the data to the share that is held out.</summary>
internal static class TextRows
{
    private static readonly Word<CorpusFormat> s_formats =
        new(("text", CorpusFormat.Plain), ("jsonl", CorpusFormat.JsonLines), ("csv", CorpusFormat.Table));
    private static readonly Word<HeldOutSplit> s_splits = new(("random", HeldOutSplit.Random), ("last", HeldOutSplit.Last));
    private static readonly Word<SampleKind> s_samples = new(("stream", SampleKind.Stream), ("lines", SampleKind.Lines));

    public static IEnumerable<Setting> All => new Setting[]
    {
        Of(
            "data", new Paths("FILE|DIR|-"), s => s.Data, (s, v) => s with { Data = v },
            "text to train on: plain text, JSON lines (.jsonl) or tables (.csv), each also as .gz or .zst; "
            + "files, folders of them, or - for standard input").NamingFiles().Essential(),
        Of(
            "val-data", new OneText("FILE", isPath: true), s => s.ValData, (s, v) => s with { ValData = v },
            "text to evaluate on while training").NamingFiles().Essential(),
        Of(
            "val-fraction", new RealNumber(0, 0.9), s => s.ValFraction, (s, v) => s with { ValFraction = v },
            "share of the text that is held out when there is no 'ValData' (of a stream its end); 0 holds out nothing"),
        Of(
            "val-split", new Optional<HeldOutSplit>(s_splits), s => s.ValSplit, (s, v) => s with { ValSplit = v },
            "with lines: which of them are held out, some from all over the text, drawn by 'Seed', or the last (default: random)"),
        Of(
            "data-format", new Optional<CorpusFormat>(s_formats, "auto"), s => s.DataFormat, (s, v) => s with { DataFormat = v },
            "what the data are, whatever their names (auto: as .jsonl, .ndjson or .csv says, else text; "
            + "standard input: text, or JSON lines when its first line is a record; gzip is seen by itself)"),
        Of(
            "column", new OneText("NAME"), s => s.Column, (s, v) => s with { Column = v },
            "the column of CSV that holds the text (default: text)"),
        Of(
            "samples", new Optional<SampleKind>(s_samples), s => s.Samples, (s, v) => s with { Samples = v },
            "one long text, or each line a sample of its own that ends with <end> "
            + "(default: stream, or as the model of 'InitFrom' was trained)").Essential(),
        Of(
            "mask-prompt", new Switch(), s => s.MaskPrompt, (s, v) => s with { MaskPrompt = v },
            "with lines: only answers count in loss and figures, what stands after <ai> up to and including <end>"),
    }.In(SettingGroup.Text);
}
