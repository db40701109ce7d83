// The text of one file of a corpus as a stream: the bytes that TextCorpus would hold of it, in memory that does not grow with it.

using System.Buffers;

namespace GruLM.Corpus;

/// <summary>Reads the cleaned text of a file, plain or of records, from the beginning to the end.</summary>
internal sealed class CorpusStream : ReadOnlyStream
{
    private readonly CorpusFile _file;
    private readonly Action? _atEnd;
    private readonly IEnumerator<CorpusRecord>? _records;
    private readonly ArrayBufferWriter<byte> _scratch = new();

    // The text of one record, and how much of it has been read.
    private readonly ArrayBufferWriter<byte> _text = new();
    private int _given;

    private bool _ended;

    /// <summary>Reads a file, which is disposed with the stream; <paramref name="atEnd"/> is called once all was read.</summary>
    public CorpusStream(CorpusFile file, Action? atEnd = null)
    {
        (_file, _atEnd) = (file, atEnd);
        _records = _file.HasRecords ? _file.Records().GetEnumerator() : null;
    }

    public override int Read(Span<byte> buffer)
    {
        int read = ReadText(buffer);
        if (read == 0 && buffer.Length > 0 && !_ended)
        {
            _ended = true;
            _file.NoteWhatItWas();
            _atEnd?.Invoke();
        }

        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _records?.Dispose();
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    private int ReadText(Span<byte> buffer)
    {
        if (_records is null)
        {
            return _file.Text.Read(buffer);
        }

        while (_given == _text.WrittenCount)
        {
            _text.ResetWrittenCount();
            _given = 0;
            if (!_records.MoveNext())
            {
                return 0;
            }

            _records.Current.WriteSample(_text, _scratch);
            _records.Current.WriteAfter(_text);
        }

        return Give(_text.WrittenSpan, ref _given, buffer);
    }
}
