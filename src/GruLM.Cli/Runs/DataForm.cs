// How a command reads the data that it is given (their format, the column of tables), and what it reports about them while it does. The
// same for every command, so that train, eval and score see one text where they are given one.

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
    private const long BytesBetweenReports = 1L << 30;

    /// <summary>The names of formats, in the order of <see cref="CorpusFormat"/>.</summary>
    public static IReadOnlyList<string> FormatNames { get; } = ["text", "jsonl", "csv"];

    /// <summary>The format of that name; null for any other word.</summary>
    public static CorpusFormat? FormatNamed(string? name) =>
        FormatNames.ToList().IndexOf(name ?? "") is >= 0 and var index ? (CorpusFormat)index : null;

    /// <summary>The form in the settings of a run.</summary>
    /// <exception cref="InvalidOperationException">It is no text.</exception>
    public static DataForm Read(JsonElement settings)
    {
        return new DataForm(FormatNamed(Text(FormatFlag)), Text(ColumnFlag));

        string? Text(string flag) => settings.TryGetProperty(flag[2..], out JsonElement value) ? value.GetString() : null;
    }

    /// <summary>Writes what differs from the defaults, under the names of the flags.</summary>
    public void Write(Utf8JsonWriter json)
    {
        if (Format is { } format) json.WriteString(FormatFlag[2..], FormatNames[(int)format]);
        if (Column is not null) json.WriteString(ColumnFlag[2..], Column);
    }

    /// <summary>Throws <see cref="UsageException"/> where a form was given and there are no data, or a column and nothing has columns; and
    /// what <see cref="CorpusFiles.Find"/> throws.</summary>
    public void Check(IReadOnlyList<string> data)
    {
        if (data.Count == 0)
        {
            string? flag = Column is not null ? ColumnFlag : Format is not null ? FormatFlag : null;
            if (flag is null) return;
            throw new UsageException($"{flag} goes with --data; without that the text is read as it was for training");
        }

        IReadOnlyList<string> files = CorpusFiles.Find(data);
        if (Column is null || files.Any(file => FormatOf(file) == CorpusFormat.Table)) return;
        string reason = Format is { } format
            ? $"{FormatFlag} {FormatNames[(int)format]} reads none; give {FormatFlag} csv"
            : string.Join(", ", data) + $" has no file named *.csv or *.csv.gz; {FormatFlag} csv reads any as a table";
        throw new UsageException($"{ColumnFlag} {Column}: only tables have columns, and {reason}");
    }

    /// <summary>Reads a corpus and says what it holds and what had to be repaired. Standard input is written to <paramref name="copy"/>
    /// too.</summary>
    public TextCorpus Read(IReadOnlyList<string> names, Stream input, TextWriter messages, CancellationToken cancel, Stream? copy = null)
    {
        long nextReport = BytesBetweenReports;
        CorpusOptions options = Options(input, messages) with { Progress = Report, CopyOfStandardInput = copy };
        var corpus = TextCorpus.Read(names, options, cancel);
        Describe(corpus.Counts, messages);
        return corpus;

        void Report(long bytes)
        {
            if (bytes < nextReport) return;
            messages.WriteLine($"{bytes / 1e9:0.0} GB so far …");
            nextReport += BytesBetweenReports;
        }
    }

    /// <summary>Opens the text of a single file.</summary>
    public Stream Open(string name, Stream input, TextWriter messages, CancellationToken cancel) =>
        TextCorpus.Open(name, Options(input, messages), cancel);

    /// <summary>Whether a file is its text, byte for byte but for repairs.</summary>
    public bool IsPlainFile(string name) => FormatOf(name) == CorpusFormat.Plain && !CorpusFiles.IsPacked(name);

    private CorpusFormat FormatOf(string file) => Format ?? CorpusFiles.FormatOf(file);

    private CorpusOptions Options(Stream input, TextWriter messages) => new()
    {
        Format = Format,
        Column = Column,
        StandardInput = input,
        Notice = notice => messages.WriteLine($"note: {notice}"),
    };

    // One line on what a corpus holds, and one on what had to be repaired.
    private static void Describe(CorpusCounts counts, TextWriter messages)
    {
        string records = counts.Records > 0 ? Invariant($", {counts.Records:#,0} records") : "";
        messages.WriteLine(
            Invariant($"text: {counts.Bytes:#,0} bytes, {counts.Characters:#,0} characters, {counts.Lines:#,0} lines") + records);
        List<string> repairs = [];
        Add(counts.ByteOrderMarks, "byte-order marks were dropped");
        Add(counts.WindowsLineEnds, "Windows line ends were turned into line feeds");
        Add(counts.Nuls, "NULs were dropped");
        Add(counts.ReplacedSequences, "sequences of invalid UTF-8 were replaced by U+FFFD");
        if (repairs.Count > 0) messages.WriteLine("note: " + string.Join(", ", repairs));

        static string Invariant(FormattableString text) => FormattableString.Invariant(text);

        void Add(long count, string repair)
        {
            if (count > 0) repairs.Add(Invariant($"{count:#,0} {repair}"));
        }
    }
}
