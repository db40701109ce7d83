// Reads, writes and opens that can wait for ever, for a terminal, a pipe or a named pipe, must not keep Ctrl-C from ending the work. What
// is still waiting when the work is stopped is left to itself. Files are read and written as they are, since they never wait long.
namespace GruLM.Tokenization;

/// <summary>Waits for streams no longer than the caller wants. Safe for several threads, each with streams of its own.</summary>
internal static class Interruptible
{
    // What is written when a stop comes is nearly always done in no time; only a reader that has stopped reading holds it up.
    private const int PatienceMilliseconds = 300;

    /// <summary>Reads into <paramref name="room"/>; 0 at the end.</summary>
    /// <exception cref="OperationCanceledException">The stop came first; the read goes on, and nobody looks at what it gives.</exception>
    public static int Read(Stream input, Memory<byte> room, CancellationToken stop)
    {
        if (input.CanSeek) return input.Read(room.Span);
        Task<int> reading = Task.Run(() => input.Read(room.Span), CancellationToken.None);

        // Neither of these wraps what the read throws.
        Task.WaitAny([reading], stop);
        return reading.GetAwaiter().GetResult();
    }

    /// <summary>Writes and flushes.</summary>
    /// <exception cref="OperationCanceledException">The stop came, and nobody took what was written for a moment after it.</exception>
    public static void Write(Stream output, ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        if (output.CanSeek || !stop.CanBeCanceled)
        {
            WriteNow();
            return;
        }

        var writing = Task.Run(WriteNow, CancellationToken.None);
        try
        {
            Task.WaitAny([writing], stop);
        }
        catch (OperationCanceledException)
        {
            if (Task.WaitAny([writing], PatienceMilliseconds, CancellationToken.None) < 0) throw;
        }

        writing.GetAwaiter().GetResult();

        void WriteNow()
        {
            output.Write(bytes.Span);
            output.Flush();
        }
    }

    /// <summary>Opens a file for reading; a named pipe that nobody writes to is waited for.</summary>
    /// <exception cref="IOException">There is no such file, or it cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The stop came first.</exception>
    public static FileStream OpenRead(string path, CancellationToken stop)
    {
        if (!stop.CanBeCanceled) return File.OpenRead(path);
        Task<FileStream> opening = Task.Run(() => File.OpenRead(path), CancellationToken.None);
        Task.WaitAny([opening], stop);
        return opening.GetAwaiter().GetResult();
    }
}
