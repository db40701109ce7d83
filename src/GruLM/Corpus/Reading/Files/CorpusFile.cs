// One open file of a corpus: its format, and its text or its records, read as they are asked for. The format is the one that the options
// give, else the one that the file's name tells; standard input, which has no name, and .json files, whose name says too little, are JSON
// records when they begin with one, and plain text when they do not. What others read (CorpusReaders.cs) comes as JSON lines. At its end
// there may be something to tell of it.

namespace GruLM.Corpus;

/// <summary>Reads one file of a corpus.</summary>
internal sealed class CorpusFile : IDisposable
{
    // Where so many are wrong, and few right beside them, the text is in another encoding; fewer are damage.
    private const double WrongOfThousand = 1;

    private const string PlainTable = "{files}: read as plain text, a sample a line ('Format = Table' reads a column of it)";

    private readonly string _name;
    private readonly string? _column;
    private readonly ReadingNotes _notes;

    // What ends every message about a record when the format was guessed: how to say that the guess is wrong.
    private readonly string _advice = "";

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">It is no text, or damaged at its beginning.</exception>
    /// <exception cref="IOException">It cannot be opened or read.</exception>
    public CorpusFile(string file, CorpusOptions options, ReadingNotes notes, CancellationToken cancellation)
    {
        (_name, _column, _notes) = (CorpusFiles.DisplayName(file), options.Column, notes);
        Format = options.FormatOf(file);
        if (CorpusReaders.Open(file, options, cancellation) is { } lines)
        {
            Text = new CleanedText(lines, cancellation);
            Format = CorpusFormat.JsonLines;
            return;
        }

        Text = CleanedText.OfFile(file, options, cancellation);
        try
        {
            if (options.LooksInto(file)) _advice = Guess(file, options.Notice);
            if (options.Format is null && CorpusFiles.IsPlainTable(file)) notes.Add(_name, PlainTable);
        }
        catch
        {
            Text.Dispose();
            throw;
        }
    }

    /// <summary>Its format.</summary>
    public CorpusFormat Format { get; private set; }

    /// <summary>Its text; of a file of records, the JSON or the table that they are read from.</summary>
    public CleanedText Text { get; }

    /// <summary>Whether its samples are records rather than lines.</summary>
    public bool HasRecords => Format != CorpusFormat.Plain;

    /// <summary>Its records, while they are being read.</summary>
    /// <exception cref="InvalidDataException">One cannot be read; the message says which.</exception>
    public IEnumerable<CorpusRecord> Records()
    {
        IEnumerable<CorpusRecord> records = Format == CorpusFormat.Table
            ? new TableReader(_name, _column, _notes).Read(Text)
            : new JsonRecordsReader(_name, _advice).Read(Text);
        foreach (CorpusRecord record in records)
        {
            _notes.BlankRecords += record.IsBlank ? 1 : 0;
            _notes.RecordsWithMarkers += record.HasMarkerInText ? 1 : 0;
            yield return record;
        }
    }

    /// <summary>Notes what is to be told of the file, all of which was read.</summary>
    public void NoteWhatItWas()
    {
        if (Text.Source.Decoded is { } decoded)
        {
            string name = decoded.Encoding.Name;
            _notes.Add(_name, $"{{files}}: read as {name}, by the byte-order mark");
            if (decoded.Broken > 0) _notes.Add(_name, $"{{files}}: characters that are broken in {name} were replaced by U+FFFD");
        }

        TextCleaner cleaner = Text.Cleaner;
        if (cleaner.OldMacLineEnds > 0) _notes.Add(_name, "{files}: lines end with CR alone, as on old Macs: read as line ends");
        long wrong = cleaner.ReplacedSequences;
        bool areMany = wrong > cleaner.RightBesideReplaced && 1000.0 * wrong >= WrongOfThousand * Text.BytesRead;
        if (wrong > 0 && areMany) NoteEncoding(cleaner);
    }

    public void Dispose() => Text.Dispose();

    // Accents and quotation marks stand alone among letters; in other scripts every letter is one of the bytes that are wrong.
    private void NoteEncoding(TextCleaner cleaner)
    {
        bool isWestern = cleaner.ReplacedInARow < cleaner.ReplacedSequences / 2.0;
        (string look, string encoding) = isWestern
            ? ("Windows-1252 (or Latin-1) by the look of it", "windows-1252")
            : ("another encoding, such as windows-1251, koi8-r, gb18030 or shift_jis", "ENCODING");
        string way = TextSource.ConversionLine("{name}", encoding, Text.Source.Packing);
        _notes.Add(_name, $"{{files}}: not in UTF-8 but in {look}: its letters became U+FFFD and are lost; convert it first: {way}");
    }

    private string Guess(string file, Action<string>? notice)
    {
        bool isPiped = file == CorpusFiles.StandardInput;
        JsonBeginning begins = JsonGuess.Look(Text);
        if (begins == JsonBeginning.NoRecord)
        {
            const string Note = "{files}: read as plain text, since it begins with no record ('Format = JsonLines' expects records)";
            if (!isPiped) _notes.Add(_name, Note);
            return "";
        }

        Format = CorpusFormat.JsonLines;
        if (!isPiped)
        {
            _notes.Add(_name, "{files}: read as JSON records ('Format = Plain' reads plain text)");
            return "; it was taken for JSON records by its beginning: 'Format = Plain' reads it as plain text";
        }

        notice?.Invoke(begins == JsonBeginning.Line
            ? "standard input begins with a JSON record: reading JSON lines ('Format = Plain' reads plain text)"
            : "standard input begins like a list of JSON records: reading these ('Format = Plain' reads plain text)");
        string by = begins == JsonBeginning.Line ? "JSON lines by its first line" : "a list of JSON records by its beginning";
        return $"; standard input was taken for {by}: 'Format = Plain' reads it as plain text";
    }
}
