// What Stream demands of a stream that is only ever read forwards, written once, and what several such streams do: hand out bytes that are
// in memory, and read another stream in a way that can be cancelled.

namespace GruLM.Corpus;

/// <summary>A stream to read from the beginning to the end; a subclass adds <see cref="Read(Span{byte})"/>.</summary>
internal abstract class ReadOnlyStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public abstract override int Read(Span<byte> buffer);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>Reads some bytes of another stream, and stops waiting for them when it is cancelled. Standard input is the reason: a user
    /// who wants to stop should not have to end it first.</summary>
    protected static int ReadOrStop(Stream source, Memory<byte> buffer, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return source.ReadAsync(buffer, cancellation).AsTask().WaitAsync(cancellation).GetAwaiter().GetResult();
    }

    /// <summary>Copies the bytes of a text that follow the first <paramref name="given"/> to the buffer, as many as it holds, and adds
    /// their number, which it returns, to <paramref name="given"/>.</summary>
    protected static int Give(ReadOnlySpan<byte> text, ref int given, Span<byte> buffer)
    {
        int count = Math.Min(text.Length - given, buffer.Length);
        text.Slice(given, count).CopyTo(buffer);
        given += count;
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
