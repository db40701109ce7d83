// What a command was told of the data that it reads, besides their names, and the reading of them with all that a person is told about it.
// The same for every command, so that train, eval and score see one text where they are given one.

using System.Text.Json;
using GruLM.Corpus;

namespace GruLM.Cli.Runs;

/// <summary>How data are read.</summary>
/// <param name="Format">What they are; null: what their names say.</param>
/// <param name="Column">The column of tables that holds the text; null for the usual one.</param>
internal sealed record DataForm(CorpusFormat? Format = null, string? Column = null)
{
    public const string FormatFlag = "--data-format";

    public const string ColumnFlag = "--column";

    // How often a long reading says how far it is.
    private const long TellEvery = 1L << 30;

    /// <summary>What formats are called, in the order of <see cref="CorpusFormat"/>.</summary>
    public static IReadOnlyList<string> Words { get; } = ["text", "jsonl", "csv"];

    /// <summary>The format that a word stands for; null for any other word.</summary>
    public static CorpusFormat? FormatCalled(string? word) =>
        Words.ToList().IndexOf(word ?? "") is >= 0 and var index ? (CorpusFormat)index : null;

    /// <summary>The form that was written down.</summary>
    /// <exception cref="InvalidOperationException">It is no text.</exception>
    public static DataForm In(JsonElement settings)
    {
        string? Text(string flag) => settings.TryGetProperty(flag[2..], out JsonElement value) ? value.GetString() : null;
        return new DataForm(FormatCalled(Text(FormatFlag)), Text(ColumnFlag));
    }

    /// <summary>Writes down what differs from the defaults, under the names of the flags.</summary>
    public void Write(Utf8JsonWriter json)
    {
        if (Format is { } format) json.WriteString(FormatFlag[2..], Words[(int)format]);
        if (Column is not null) json.WriteString(ColumnFlag[2..], Column);
    }

    /// <summary>Throws <see cref="UsageException"/> where a form was told and there are no data, or a column and nothing has columns; and
    /// what <see cref="CorpusFiles.Find"/> throws.</summary>
    public void Check(IReadOnlyList<string> data)
    {
        if (data.Count == 0)
        {
            if ((Column is not null ? ColumnFlag : Format is not null ? FormatFlag : null) is { } flag)
            {
                throw new UsageException($"{flag} goes with --data; without that the text is read as it was for training");
            }

            return;
        }

        IReadOnlyList<string> files = CorpusFiles.Find(data);
        if (Column is null || files.Any(file => FormatOf(file) == CorpusFormat.Table)) return;
        throw new UsageException(
            $"{ColumnFlag} {Column}: only tables have columns, and {(Format is null ? $"{string.Join(", ", data)} has no file named *.csv or *.csv.gz; {FormatFlag} csv reads any as a table" : $"{FormatFlag} {Words[(int)Format]} reads none; give {FormatFlag} csv")}");
    }

    /// <summary>Reads a corpus and says what it holds and what had to be repaired. Standard input is written to <paramref name="copy"/>
    /// too.</summary>
    public TextCorpus Read(IReadOnlyList<string> names, Stream input, TextWriter messages, CancellationToken cancel, Stream? copy = null)
    {
        long said = TellEvery;
        var corpus = TextCorpus.Read(names, Options(input, messages) with { Progress = Tell, CopyOfStandardInput = copy }, cancel);
        Describe(corpus.Counts, messages);
        return corpus;

        void Tell(long bytes)
        {
            if (bytes < said) return;
            messages.WriteLine($"{bytes / 1e9:0.0} GB so far …");
            said += TellEvery;
        }
    }

    /// <summary>Opens the text of a single file.</summary>
    public Stream Open(string name, Stream input, TextWriter messages, CancellationToken cancel) =>
        TextCorpus.Open(name, Options(input, messages), cancel);

    /// <summary>Whether a file is its text, byte for byte but for repairs.</summary>
    public bool IsPlainFile(string name) => FormatOf(name) == CorpusFormat.Plain && !CorpusFiles.IsPacked(name);

    private CorpusFormat FormatOf(string file) => Format ?? CorpusFiles.FormatOf(file);

    private CorpusOptions Options(Stream input, TextWriter messages) =>
        new() { Format = Format, Column = Column, StandardInput = input, Notice = notice => messages.WriteLine($"note: {notice}") };

    // One line on what a corpus holds, and one on what had to be repaired.
    private static void Describe(CorpusCounts c, TextWriter messages)
    {
        static string Line(FormattableString text) => FormattableString.Invariant(text);
        messages.WriteLine(
            Line($"text: {c.Bytes:#,0} bytes, {c.Characters:#,0} characters, {c.Lines:#,0} lines")
            + (c.Records > 0 ? Line($", {c.Records:#,0} records") : ""));
        List<string> repairs = [];
        if (c.ByteOrderMarks > 0) repairs.Add(Line($"{c.ByteOrderMarks:#,0} byte-order marks were dropped"));
        if (c.WindowsLineEnds > 0) repairs.Add(Line($"{c.WindowsLineEnds:#,0} Windows line ends were turned into line feeds"));
        if (c.Nuls > 0) repairs.Add(Line($"{c.Nuls:#,0} NULs were dropped"));
        if (c.ReplacedSequences > 0) repairs.Add(Line($"{c.ReplacedSequences:#,0} sequences of invalid UTF-8 were replaced by U+FFFD"));
        if (repairs.Count > 0) messages.WriteLine($"note: {string.Join(", ", repairs)}");
    }
}
