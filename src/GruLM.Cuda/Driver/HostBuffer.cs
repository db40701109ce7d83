// Pinned memory of the machine: the card copies from and to it by itself while the program goes on. There is little of it to have, so it is
// for what goes over every step. There is no finalizer; what nobody disposes is freed with the context.

namespace GruLM.Cuda;

/// <summary>Pinned memory for <typeparamref name="T"/>; <see cref="CudaContext.AllocateHost"/> makes it, zeroed.</summary>
internal sealed unsafe class HostBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly CudaContext _context;
    private readonly T* _pointer;
    private bool _disposed;

    internal HostBuffer(CudaContext context, long length, T* pointer)
    {
        _context = context;
        _pointer = pointer;
        Length = length;
    }

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>Address of the first element; null when there are none. Throws <see cref="ObjectDisposedException"/>, as
    /// <see cref="Span"/> does, when the memory was freed.</summary>
    public T* Pointer =>
        !_disposed && !_context.IsDisposed ? _pointer : throw new ObjectDisposedException(nameof(HostBuffer<T>));

    /// <summary>All of it. Throws <see cref="OverflowException"/> beyond 2^31 elements.</summary>
    public Span<T> Span => new(Pointer, checked((int)Length));

    /// <summary>Waits for the card, then frees the memory. May be called again, and after the context is gone.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        if (_pointer != null) _context.FreeHost((nint)_pointer);
    }
}
