// A stop watch on the card: two moments of the stream, and the time between them as the card measured it.

namespace GruLM.Cuda;

/// <summary>Measures how long the stream takes from <see cref="Start"/> to <see cref="Stop"/>.</summary>
internal sealed class CudaTimer : IDisposable
{
    private readonly CudaContext _context;
    private nint _start;
    private nint _end;

    /// <summary>A timer on the stream of a context.</summary>
    public CudaTimer(CudaContext context)
    {
        _context = context;
        context.Enter();
        CudaDriver.Check(CudaDriver.CreateEvent(out _start, 0), "make an event");
        int result = CudaDriver.CreateEvent(out _end, 0);
        if (result == 0) return;
        _ = CudaDriver.DestroyEvent(_start);
        throw CudaDriver.Failure(result, "make an event");
    }

    /// <summary>Milliseconds between the last <see cref="Start"/> and the last <see cref="Stop"/>; waits until the stream has got there.
    /// </summary>
    public double Milliseconds
    {
        get
        {
            ObjectDisposedException.ThrowIf(_end == 0, this);
            CudaDriver.Check(CudaDriver.WaitForEvent(_end), "wait for its work");
            CudaDriver.Check(CudaDriver.Elapsed(out float milliseconds, _start, _end), "measure time");
            return milliseconds;
        }
    }

    /// <summary>The time begins when the stream has done what was asked before.</summary>
    public void Start() => Record(_start);

    /// <summary>The time ends when the stream has done what was asked before.</summary>
    public void Stop() => Record(_end);

    /// <summary>Frees the events. May be called again, and after the context is gone.</summary>
    public void Dispose()
    {
        if (_end != 0 && !_context.IsDisposed)
        {
            _context.Enter();
            _ = CudaDriver.DestroyEvent(_start);
            _ = CudaDriver.DestroyEvent(_end);
        }

        _start = 0;
        _end = 0;
    }

    private void Record(nint moment)
    {
        ObjectDisposedException.ThrowIf(moment == 0, this);
        CudaDriver.Check(CudaDriver.RecordEvent(moment, _context.Stream), "record an event");
    }
}
