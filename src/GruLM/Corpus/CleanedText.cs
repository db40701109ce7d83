// The text of one file as it is read: unpacked, cleaned, a portion at a time, so that memory does not grow with the file. Everything that reads a
// corpus reads through here, and what was repaired is counted here. It is a stream so that a parser of tables can read it too.
using System.Buffers;

namespace GruLM.Corpus;

/// <summary>Reads one file of a corpus as cleaned UTF-8.</summary>
internal sealed class CleanedText : ReadOnlyStream
{
    private const int PortionBytes = 1 << 20;

    private readonly string _file;
    private readonly Stream _source;
    private readonly CancellationToken _cancellation;
    private readonly ArrayBufferWriter<byte> _cleaned = new(PortionBytes + 64);
    private readonly byte[] _raw = ArrayPool<byte>.Shared.Rent(PortionBytes);
    private int _held;
    private int _given;
    private bool _ended;

    public CleanedText(string file, Stream? standardInput, CancellationToken cancellation)
    {
        _file = file;
        _source = CorpusFiles.Open(file, standardInput);
        _cancellation = cancellation;
        Cleaner = new TextCleaner(_cleaned);
    }

    /// <summary>What was repaired so far.</summary>
    public TextCleaner Cleaner { get; }

    /// <summary>The next portion, valid until the next call; empty at the end.</summary>
    public ReadOnlySpan<byte> NextPortion()
    {
        Fill();
        var portion = _cleaned.WrittenSpan[_given..];
        _given = _cleaned.WrittenCount;
        return portion;
    }

    public override int Read(Span<byte> buffer)
    {
        Fill();
        var given = _cleaned.WrittenSpan[_given..];
        given = given[..Math.Min(given.Length, buffer.Length)];
        given.CopyTo(buffer);
        _given += given.Length;
        return given.Length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _source.CanRead)
        {
            _source.Dispose();
            ArrayPool<byte>.Shared.Return(_raw);
        }
        base.Dispose(disposing);
    }

    // Reads until there is something to give, or nothing left.
    private void Fill()
    {
        while (_given == _cleaned.WrittenCount && !_ended)
        {
            _cleaned.ResetWrittenCount();
            _given = 0;
            var read = ReadRaw();
            _held += read;
            _ended = read == 0;
            var used = Cleaner.Append(_raw.AsSpan(0, _held), last: _ended);
            _raw.AsSpan(used, _held - used).CopyTo(_raw);
            _held -= used;
        }
    }

    private int ReadRaw()
    {
        _cancellation.ThrowIfCancellationRequested();
        try
        {
            // Waited for with the token: nobody should have to end standard input to be able to stop.
            return _source.ReadAsync(_raw.AsMemory(_held), _cancellation).AsTask().WaitAsync(_cancellation).GetAwaiter().GetResult();
        }
        catch (InvalidDataException error) when (CorpusFiles.IsPacked(_file))
        {
            throw new InvalidDataException($"{_file}: is damaged or no gzip file; pack the text again, or name it without .gz if it is not packed", error);
        }
    }
}
