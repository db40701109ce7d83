// One file of a corpus, open: what it holds and its text or its records, read as they are asked for. A file is what it was said to be, else
// what its name says; standard input, which has no name, is plain text unless its first line is a record of JSON lines.
namespace GruLM.Corpus;

/// <summary>Reads one file of a corpus.</summary>
internal sealed class CorpusFile : IDisposable
{
    // A first line that is longer is not looked at: it would have to be held whole.
    private const int MostOfFirstLine = 1 << 24;

    private readonly string _called;
    private readonly string? _column;

    // What to do when a format that was guessed does not fit.
    private readonly string _advice = "";

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">Standard input is damaged at its beginning.</exception>
    public CorpusFile(string file, CorpusOptions options, CancellationToken cancellation)
    {
        (_called, _column) = (CorpusFiles.Called(file), options.Column);
        Format = options.FormatOf(file);
        Text = CleanedText.OfFile(file, options, cancellation);
        try
        {
            if (file == CorpusFiles.StandardInput && options.Format is null
                && JsonLinesReader.IsRecord(Text.PeekLine((byte)'{', MostOfFirstLine)))
            {
                Format = CorpusFormat.JsonLines;
                _advice = "; standard input was taken for JSON lines by its first line: --data-format text reads it as plain text";
                options.Notice?.Invoke(
                    "standard input begins with a JSON record: reading JSON lines (--data-format text reads plain text)");
            }
        }
        catch
        {
            Text.Dispose();
            throw;
        }
    }

    /// <summary>What it holds.</summary>
    public CorpusFormat Format { get; }

    /// <summary>Its text; for records, what they are written in.</summary>
    public CleanedText Text { get; }

    /// <summary>Whether its samples are records rather than lines.</summary>
    public bool HasRecords => Format != CorpusFormat.Plain;

    /// <summary>Its records, while they are being read.</summary>
    /// <exception cref="InvalidDataException">One cannot be read; the message says which.</exception>
    public IEnumerable<CorpusRecord> Records() => Format == CorpusFormat.Table
        ? TableReader.Read(Text, _called, _column ?? TableReader.DefaultColumn)
        : JsonLinesReader.Read(Text, _called, _advice);

    public void Dispose() => Text.Dispose();
}
