// Standard input whose readers do not wait on when the command is to end: nothing interrupts a read that waits for a person or for another
// program, so that it is left to a thread of its own and given up.

using System.Runtime.ExceptionServices;

namespace GruLM.Cli.Pipes;

/// <summary>Reads <paramref name="source"/> until <paramref name="stop"/>; reading throws <see cref="OperationCanceledException"/>
/// then. Used by one thread at a time.</summary>
internal sealed class StoppableInput(Stream source, CancellationToken stop) : Stream
{
    private const int MostBytes = 1 << 16;

    // What is read goes here first, since a read that was given up may still write to it.
    private readonly byte[] _buffer = new byte[MostBytes];

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        stop.ThrowIfCancellationRequested();
        int most = Math.Min(buffer.Length, MostBytes);
        Task<int> read = Task.Run(() => source.Read(_buffer, 0, most));
        try
        {
            read.Wait(stop);
        }
        catch (AggregateException error) when (error.InnerException is { } inner)
        {
            // As it was thrown: whoever reads tells errors apart by their numbers.
            ExceptionDispatchInfo.Throw(inner);
        }

        _buffer.AsSpan(0, read.Result).CopyTo(buffer);
        return read.Result;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
