// The text of one file of a corpus as a stream: the bytes that TextCorpus would hold of it, in memory that does not grow with it.
using System.Buffers;

namespace GruLM.Corpus;

/// <summary>Reads the cleaned text of a file, plain or of records, from the beginning to the end.</summary>
internal sealed class CorpusStream : ReadOnlyStream
{
    private readonly CorpusFile _file;
    private readonly IEnumerator<CorpusRecord>? _records;
    private readonly ArrayBufferWriter<byte> _text = new();
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private int _given;

    /// <summary>Reads a file, which is disposed with the stream.</summary>
    public CorpusStream(CorpusFile file)
    {
        _file = file;
        _records = _file.HasRecords ? _file.Records().GetEnumerator() : null;
    }

    public override int Read(Span<byte> buffer)
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

        ReadOnlySpan<byte> given = _text.WrittenSpan[_given..];
        given = given[..Math.Min(given.Length, buffer.Length)];
        given.CopyTo(buffer);
        _given += given.Length;
        return given.Length;
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
}
