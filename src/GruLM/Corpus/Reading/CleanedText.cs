// The text of one file as it is read: unpacked, cleaned, a portion at a time, so that memory does not grow with the file. Everything that
// reads a corpus reads through here, and what was repaired is counted here. It is a stream so that a parser of tables can read it too.

using System.Buffers;

namespace GruLM.Corpus;

/// <summary>Reads one file of a corpus as cleaned UTF-8.</summary>
internal sealed class CleanedText : ReadOnlyStream
{
    private const int PortionBytes = 1 << 20;

    private readonly Stream _source;
    private readonly CancellationToken _cancellation;

    // Bytes as they were read: the first ones, which the cleaner has not used yet.
    private readonly byte[] _raw = ArrayPool<byte>.Shared.Rent(PortionBytes);
    private int _held;

    // Whether a read was begun whose end nobody saw: it was cancelled, and may still write into these bytes.
    private bool _reading;

    // Cleaned bytes, and how many of them have been handed out.
    private readonly ArrayBufferWriter<byte> _cleaned = new(PortionBytes + 64);
    private int _given;
    private bool _ended;

    /// <summary>Cleans UTF-8 as it is read.</summary>
    public CleanedText(Stream utf8, CancellationToken cancellation)
        : this(new TextSource(utf8), cancellation)
    {
    }

    private CleanedText(TextSource source, CancellationToken cancellation)
    {
        (Source, _source, _cancellation) = (source, source.Bytes, cancellation);
        Cleaner = new TextCleaner(_cleaned, source.EndsLinesWithCr);
    }

    /// <summary>What was repaired so far.</summary>
    public TextCleaner Cleaner { get; }

    /// <summary>What it is read from.</summary>
    public TextSource Source { get; }

    /// <summary>Bytes read so far, after unpacking and decoding.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Reads a file or standard input, unpacking and decoding it where it begins like a file that needs it.</summary>
    /// <exception cref="InvalidDataException">It is no text, or damaged at its beginning.</exception>
    /// <exception cref="IOException">It cannot be opened or read.</exception>
    public static CleanedText OfFile(string file, CorpusOptions options, CancellationToken cancellation)
    {
        string name = CorpusFiles.DisplayName(file);
        bool isPiped = file == CorpusFiles.StandardInput;
        Stream opened = isPiped ? options.StandardInput ?? Console.OpenStandardInput() : CorpusFiles.Open(file, cancellation);
        var source = new PeekedStream(opened, name, isPiped ? options.CopyOfStandardInput : null);
        try
        {
            var text = TextSource.Of(source, name, isPiped ? null : Packing.OfName(file), cancellation);
            return new CleanedText(options.ByNames ? text with { EndsLinesWithCr = false } : text, cancellation);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>The beginning of the text, before anything of it is read: so many bytes or more, or all where it has fewer.</summary>
    public ReadOnlyMemory<byte> Peek(int bytes)
    {
        while (_cleaned.WrittenCount < bytes && !_ended)
        {
            ReadMore();
        }

        return _cleaned.WrittenMemory;
    }

    /// <summary>The next portion, valid until the next call; empty at the end.</summary>
    public ReadOnlySpan<byte> NextPortion()
    {
        Fill();
        ReadOnlySpan<byte> portion = _cleaned.WrittenSpan[_given..];
        _given = _cleaned.WrittenCount;
        return portion;
    }

    public override int Read(Span<byte> buffer)
    {
        Fill();
        return Give(_cleaned.WrittenSpan, ref _given, buffer);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _source.CanRead)
        {
            _source.Dispose();
            if (!_reading)
            {
                ArrayPool<byte>.Shared.Return(_raw);
            }
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
            ReadMore();
        }
    }

    private void ReadMore()
    {
        int read = ReadRaw();
        _held += read;
        _ended = read == 0;
        int used = Cleaner.Append(_raw.AsSpan(0, _held), last: _ended);
        _raw.AsSpan(used, _held - used).CopyTo(_raw);
        _held -= used;
    }

    private int ReadRaw()
    {
        _reading = true;
        int read = ReadOrStop(_source, _raw.AsMemory(_held), _cancellation);
        _reading = false;
        BytesRead += read;
        return read;
    }
}
