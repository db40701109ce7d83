// A corpus while it is being read: the texts of the files one after another, with a line end between them where one is missing, and where
// the samples stand when the samples of some file are not its lines.

using System.Buffers;

namespace GruLM.Corpus;

/// <summary>Collects the text of a corpus.</summary>
internal sealed class CorpusBuilder(long expectedBytes, long mostInMemory) : IDisposable
{
    private readonly TextSink _text = new(expectedBytes, mostInMemory);
    private readonly ArrayBufferWriter<byte> _scratch = new();

    // The samples of all files of records, and where each file of plain text stands and after how many of these samples it came.
    private readonly List<SampleRange> _records = [];
    private readonly List<(int RecordsBefore, SampleRange File)> _plainFiles = [];
    private bool _hasRecords;

    // Where the file that is being read begins.
    private long _fileStart;

    // What was repaired so far.
    private long _replacedSequences;
    private long _windowsLineEnds;
    private long _nuls;
    private int _byteOrderMarks;

    /// <summary>Bytes of text so far.</summary>
    public long Length => _text.Length;

    /// <summary>Where cleaned text is added as it is.</summary>
    public IBufferWriter<byte> Text => _text;

    /// <summary>Begins a file.</summary>
    public void BeginFile(bool ofRecords)
    {
        if (_text.Length > 0 && _text.Last != (byte)'\n')
        {
            _text.Write("\n"u8);
        }

        _hasRecords |= ofRecords;
        _fileStart = _text.Length;
    }

    /// <summary>Ends a file of plain text.</summary>
    public void EndPlainFile() => _plainFiles.Add((_records.Count, new SampleRange(_fileStart, _text.Length)));

    /// <summary>Adds a file without text.</summary>
    public void AddEmptyFile(bool ofRecords)
    {
        BeginFile(ofRecords);
        if (!ofRecords) EndPlainFile();
    }

    /// <summary>Adds a record.</summary>
    public void AddRecord(CorpusRecord record)
    {
        long start = _text.Length;
        Count(record.WriteSample(_text, _scratch));
        _records.Add(new SampleRange(start, _text.Length));
        record.WriteAfter(_text);
    }

    /// <summary>Adds what was repaired while a text was read.</summary>
    public void Count(TextCleaner cleaner)
    {
        _replacedSequences += cleaner.ReplacedSequences;
        _windowsLineEnds += cleaner.WindowsLineEnds;
        _nuls += cleaner.Nuls;
        _byteOrderMarks += cleaner.HadByteOrderMark ? 1 : 0;
    }

    /// <summary>The corpus. Nothing is added afterwards.</summary>
    public (CorpusText Text, CorpusCounts Counts) Finish()
    {
        long lines = _text.LineEnds + (_text.Last == (byte)'\n' ? 0 : 1);
        var counts = new CorpusCounts(
            _text.Length, _text.Characters, lines, _replacedSequences, _windowsLineEnds, _byteOrderMarks, _nuls, _records.Count);
        var text = new CorpusText(_text.Finish());
        return (_hasRecords ? text.WithSamples([.. Samples(text)]) : text, counts);
    }

    public void Dispose() => _text.Dispose();

    // Records, and the lines of the plain files between them.
    private IEnumerable<SampleRange> Samples(CorpusText text)
    {
        int next = 0;
        foreach ((int recordsBefore, SampleRange file) in _plainFiles)
        {
            for (; next < recordsBefore; next++)
            {
                yield return _records[next];
            }

            foreach (SampleRange line in text.LinesIn(file))
            {
                yield return line;
            }
        }

        for (; next < _records.Count; next++)
        {
            yield return _records[next];
        }
    }
}
