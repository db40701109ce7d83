// The text of one file as it is read: unpacked, cleaned, a portion at a time, so that memory does not grow with the file. Everything that
// reads a corpus reads through here, and what was repaired is counted here. It is a stream so that a parser of tables can read it too.

using System.Buffers;

namespace GruLM.Corpus;

/// <summary>Reads one file of a corpus as cleaned UTF-8.</summary>
internal sealed class CleanedText : ReadOnlyStream
{
    private const int PortionBytes = 1 << 20;

    // The first bytes of every gzip file (RFC 1952).
    private static readonly byte[] s_packedMagic = [0x1F, 0x8B];

    private readonly string _name;
    private readonly Stream _source;
    private readonly bool _packed;
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

    // Read so far, after unpacking.
    private long _bytes;

    /// <summary>Reads a stream, unpacking it where it is <paramref name="packed"/>; <paramref name="name"/> is its name in
    /// messages.</summary>
    public CleanedText(Stream source, string name, bool packed, CancellationToken cancellation)
    {
        (_name, _packed, _cancellation) = (name, packed, cancellation);
        _source = packed ? new PackedText(source) : source;
        Cleaner = new TextCleaner(_cleaned);
    }

    /// <summary>What was repaired so far.</summary>
    public TextCleaner Cleaner { get; }

    /// <summary>Reads a file, unpacking it where its name says so, or standard input, unpacking it where it begins like a packed
    /// file.</summary>
    public static CleanedText OfFile(string file, CorpusOptions options, CancellationToken cancellation)
    {
        if (file != CorpusFiles.StandardInput)
        {
            return new CleanedText(CorpusFiles.Open(file), file, CorpusFiles.IsPacked(file), cancellation);
        }

        var input = new PeekedStream(options.StandardInput ?? Console.OpenStandardInput(), options.CopyOfStandardInput);
        return new CleanedText(input, CorpusFiles.DisplayName(file), input.StartsWith(s_packedMagic, cancellation), cancellation);
    }

    /// <summary>The first line that is not blank, before anything is read, when it begins with <paramref name="first"/> after white space;
    /// nothing when it does not, or when it and the blank lines before it are longer than <paramref name="most"/>.</summary>
    public ReadOnlyMemory<byte> PeekLine(byte first, int most)
    {
        // Up to here there is no end of the line.
        int searched = 0;
        while (true)
        {
            ReadOnlySpan<byte> text = _cleaned.WrittenSpan;
            int start = text.IndexOfAnyExcept(" \t\n\r"u8);
            if (start >= 0)
            {
                if (text[start] != first)
                {
                    return default;
                }

                searched = Math.Max(searched, start);
                int length = text[searched..].IndexOf((byte)'\n');
                if (length >= 0)
                {
                    return _cleaned.WrittenMemory[start..(searched + length)];
                }

                searched = text.Length;
            }

            if (_ended)
            {
                return start >= 0 ? _cleaned.WrittenMemory[start..] : default;
            }

            if (text.Length > most)
            {
                return default;
            }

            ReadMore();
        }
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
        try
        {
            _reading = true;
            int read = ReadOrStop(_source, _raw.AsMemory(_held), _cancellation);
            _reading = false;
            _bytes += read;
            return read;
        }
        catch (InvalidDataException error) when (_packed)
        {
            bool named = _name != CorpusFiles.DisplayName(CorpusFiles.StandardInput);
            string orRename = named ? ", or name it without .gz if it is not packed" : "";
            string message = FormattableString.Invariant(
                $"{_name}: is damaged or no gzip file (after {_bytes:#,0} bytes of text); pack the text again{orRename}");
            throw new InvalidDataException(message, error);
        }
    }
}
