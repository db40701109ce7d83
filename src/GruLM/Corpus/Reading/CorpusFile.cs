// One open file of a corpus: its format, and its text or its records, read as they are asked for. The format is the one that the options
// give, else the one that the file's name tells; standard input, which has no name, is JSON lines when its first line is a record of them,
// and plain text when it is not.

namespace GruLM.Corpus;

/// <summary>Reads one file of a corpus.</summary>
internal sealed class CorpusFile : IDisposable
{
    // A longer first line is taken for plain text: to look at it, all of it would have to be in memory.
    private const int LongestFirstLine = 1 << 24;

    private readonly string _name;
    private readonly string? _column;

    // What ends every message about a record when the format was guessed: how to say that the guess is wrong.
    private readonly string _advice = "";

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">Standard input is damaged at its beginning.</exception>
    public CorpusFile(string file, CorpusOptions options, CancellationToken cancellation)
    {
        (_name, _column) = (CorpusFiles.DisplayName(file), options.Column);
        Format = options.FormatOf(file);
        Text = CleanedText.OfFile(file, options, cancellation);
        try
        {
            bool guess = file == CorpusFiles.StandardInput && options.Format is null;
            if (guess && JsonLinesReader.IsRecord(Text.PeekLine((byte)'{', LongestFirstLine)))
            {
                Format = CorpusFormat.JsonLines;
                _advice = "; standard input was taken for JSON lines by its first line: 'Format = Plain' reads it as plain text";
                options.Notice?.Invoke(
                    "standard input begins with a JSON record: reading JSON lines ('Format = Plain' reads plain text)");
            }
        }
        catch
        {
            Text.Dispose();
            throw;
        }
    }

    /// <summary>Its format.</summary>
    public CorpusFormat Format { get; }

    /// <summary>Its text; of a file of records, the JSON or the table that they are read from.</summary>
    public CleanedText Text { get; }

    /// <summary>Whether its samples are records rather than lines.</summary>
    public bool HasRecords => Format != CorpusFormat.Plain;

    /// <summary>Its records, while they are being read.</summary>
    /// <exception cref="InvalidDataException">One cannot be read; the message says which.</exception>
    public IEnumerable<CorpusRecord> Records() => Format == CorpusFormat.Table
        ? TableReader.Read(Text, _name, _column ?? TableReader.DefaultColumn)
        : JsonLinesReader.Read(Text, _name, _advice);

    public void Dispose() => Text.Dispose();
}
