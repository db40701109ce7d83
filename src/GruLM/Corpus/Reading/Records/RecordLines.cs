// Records that come one by one as a stream of JSON lines.

namespace GruLM.Corpus;

/// <summary>Reads records, each with a line end behind it.</summary>
internal sealed class RecordLines(IEnumerable<ReadOnlyMemory<byte>> records) : ReadOnlyStream
{
    private readonly IEnumerator<ReadOnlyMemory<byte>> _records = records.GetEnumerator();

    // The record at hand, how much of it was read, and whether its line end was.
    private ReadOnlyMemory<byte> _record;
    private int _given;
    private bool _lineEnded = true;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        if (_given == _record.Length && !_lineEnded)
        {
            _lineEnded = true;
            buffer[0] = (byte)'\n';
            return 1;
        }

        if (_lineEnded)
        {
            if (!_records.MoveNext()) return 0;
            (_record, _given, _lineEnded) = (_records.Current, 0, false);
        }

        return _record.IsEmpty ? Read(buffer) : Give(_record.Span, ref _given, buffer);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _records.Dispose();
        base.Dispose(disposing);
    }
}
