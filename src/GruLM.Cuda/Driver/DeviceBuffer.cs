// Memory of the card as an object with a length in elements, and the addresses into it that kernels are given. There is no finalizer, for
// the reason given for AlignedBuffer; what nobody disposes is freed with the context.

namespace GruLM.Cuda;

/// <summary>Memory of the card for <typeparamref name="T"/>; <see cref="CudaContext.Allocate"/> makes it, zeroed.</summary>
internal sealed unsafe class DeviceBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly CudaContext _context;
    private readonly ulong _pointer;
    private bool _disposed;

    internal DeviceBuffer(CudaContext context, long length, ulong pointer, long bytes)
    {
        _context = context;
        _pointer = pointer;
        Length = length;
        Bytes = bytes;
    }

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>Bytes that it takes on the card: those of its elements, rounded up to a multiple of 256.</summary>
    public long Bytes { get; }

    /// <summary>Device address of the first element, a multiple of 256; 0 when there are no elements. Throws
    /// <see cref="ObjectDisposedException"/>, as <see cref="At"/> does, when the memory was freed.</summary>
    public ulong Pointer => !_disposed ? _pointer : throw new ObjectDisposedException(nameof(DeviceBuffer<T>));

    /// <summary>Device address of an element; that after the last may be named too.</summary>
    public DevicePointer At(long element)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(element);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(element, Length);
        return new DevicePointer(Pointer + (ulong)(element * sizeof(T)));
    }

    /// <summary>Frees the memory once the card has done what uses it. May be called again, and after the context is gone.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        if (_pointer != 0) _context.Free(_pointer, Bytes);
    }
}

/// <summary>A device address inside a kernel's struct of arguments.</summary>
internal readonly record struct DevicePointer(ulong Address);
