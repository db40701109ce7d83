// A stream whose first bytes can be looked at before it is read, since they tell what it holds whatever its name says. Standard input can
// be copied besides, since it comes only once; and what goes wrong while it is read is said by the stream's name.

namespace GruLM.Corpus;

/// <summary>Reads a stream that was looked into, and writes what is read to <paramref name="copy"/>; <paramref name="name"/> is its name
/// where it cannot be read, null for a stream that says so itself.</summary>
internal sealed class PeekedStream(Stream source, string? name = null, Stream? copy = null) : ReadOnlyStream
{
    // How long more is waited for once a whole line is there: lines that are written one by one are read one by one.
    private const int MillisecondsOfPatience = 100;

    // The bytes looked at, and how many of them have been read since.
    private byte[] _peeked = [];
    private int _held;
    private int _given;

    // Whether the source gave its last byte while it was looked at: a terminal that is read again would wait for more.
    private bool _ended;

    // What was asked for to be looked at and had not come, into the place behind what is held.
    private Task<int>? _coming;

    public override bool CanRead => source.CanRead;

    /// <summary>The first bytes of a stream of which nothing was read yet: <paramref name="count"/>, or fewer where it has no more, or a
    /// line but no more for the moment.</summary>
    public ReadOnlySpan<byte> Peek(int count, CancellationToken cancellation)
    {
        if (_peeked.Length < count) Array.Resize(ref _peeked, count);
        while (_held < count && !_ended)
        {
            cancellation.ThrowIfCancellationRequested();
            _coming ??= source.ReadAsync(_peeked.AsMemory(_held, count - _held), cancellation).AsTask();
            bool hasLine = _peeked.AsSpan(0, _held).Contains((byte)'\n');
            if (hasLine && Task.WaitAny([_coming], MillisecondsOfPatience, cancellation) < 0) break;
            Receive(cancellation);
        }

        return _peeked.AsSpan(0, Math.Min(count, _held));
    }

    public override int Read(Span<byte> buffer)
    {
        if (_given == _held && _coming is not null) Receive(CancellationToken.None);
        if (_given < _held) return Give(_peeked.AsSpan(0, _held), ref _given, buffer);
        if (_ended) return 0;
        try
        {
            return Copied(buffer[..source.Read(buffer)]);
        }
        catch (Exception error) when (IsToBeNamed(error))
        {
            throw CorpusFiles.Unreadable(name!, error);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) source.Dispose();
        base.Dispose(disposing);
    }

    // Adds what comes to what is held.
    private void Receive(CancellationToken cancellation)
    {
        int read;
        try
        {
            read = _coming!.WaitAsync(cancellation).GetAwaiter().GetResult();
        }
        catch (Exception error) when (IsToBeNamed(error))
        {
            throw CorpusFiles.Unreadable(name!, error);
        }

        _coming = null;
        _ended = read == 0;
        _held += Copied(_peeked.AsSpan(_held, read));
    }

    private int Copied(ReadOnlySpan<byte> bytes)
    {
        copy?.Write(bytes);
        return bytes.Length;
    }

    private bool IsToBeNamed(Exception error) => name is not null && error is (IOException or UnauthorizedAccessException);
}
