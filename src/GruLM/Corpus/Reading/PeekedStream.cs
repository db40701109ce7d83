// Standard input: its first bytes can be looked at before it is read, since it has no name that says what it holds, and it can be copied,
// since it comes only once.

namespace GruLM.Corpus;

/// <summary>Reads a stream that was looked into, and writes what is read to <paramref name="copy"/>.</summary>
internal sealed class PeekedStream(Stream source, Stream? copy) : ReadOnlyStream
{
    // The bytes looked at, and how many of them have been read since.
    private byte[] _peeked = [];
    private int _given;

    public override bool CanRead => source.CanRead;

    /// <summary>Whether the stream, of which nothing was read yet, begins with these bytes.</summary>
    public bool StartsWith(ReadOnlySpan<byte> bytes, CancellationToken cancellation)
    {
        _peeked = new byte[bytes.Length];
        int held = 0;
        while (held < _peeked.Length)
        {
            int read = ReadOrStop(source, _peeked.AsMemory(held), cancellation);
            if (read == 0)
            {
                break;
            }

            held += read;
        }

        _peeked = _peeked[..held];
        copy?.Write(_peeked);
        return _peeked.AsSpan().SequenceEqual(bytes);
    }

    public override int Read(Span<byte> buffer)
    {
        if (_given == _peeked.Length)
        {
            int read = source.Read(buffer);
            copy?.Write(buffer[..read]);
            return read;
        }

        return Give(_peeked, ref _given, buffer);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}
