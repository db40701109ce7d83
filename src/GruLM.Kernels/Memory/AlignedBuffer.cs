// A block of unmanaged memory, aligned to a cache line and zeroed: what every kernel reads and writes.
// Unmanaged so that pointers stay valid without pinning and large buffers never move. Sizes are in elements.
// Large ones ask Linux for huge pages: a product that walks panels, tiles and rows of C touches more small pages than the processor keeps
// addresses of.

using System.Runtime.InteropServices;

namespace GruLM.Kernels;

/// <summary>Zeroed unmanaged memory for <typeparamref name="T"/>, aligned to 64 bytes. Not thread-safe to dispose.</summary>
internal sealed unsafe class AlignedBuffer<T> : IDisposable
    where T : unmanaged
{
    private const int LineBytes = 64;
    private T* _pointer;

    /// <summary>Allocates <paramref name="length"/> zeroed elements. Throws <see cref="OutOfMemoryException"/> when the system
    /// refuses.</summary>
    public AlignedBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        nuint bytes = checked((nuint)Math.Max(length, 1) * (nuint)sizeof(T));
        nuint alignment = HugePages.Worth(bytes) ? HugePages.Bytes : LineBytes;
        _pointer = (T*)NativeMemory.AlignedAlloc((bytes + alignment - 1) / alignment * alignment, alignment);
        if (alignment == HugePages.Bytes) HugePages.Ask(_pointer, bytes);
        NativeMemory.Clear(_pointer, bytes);
        GC.AddMemoryPressure((long)bytes);
    }

    /// <summary>Frees the memory when the owner forgot to.</summary>
    ~AlignedBuffer() => Free();

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>Address of the first element, a multiple of 64.</summary>
    public T* Pointer => _pointer != null ? _pointer : throw new ObjectDisposedException(nameof(AlignedBuffer<T>));

    /// <summary>The whole buffer as a span. Throws <see cref="OverflowException"/> beyond 2^31 elements.</summary>
    public Span<T> Span => new(Pointer, checked((int)Length));

    /// <summary>A part of the buffer: <paramref name="length"/> elements from <paramref name="start"/>.</summary>
    public Span<T> Slice(long start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + length, Length);
        return new Span<T>(Pointer + start, length);
    }

    /// <summary>Sets every element to zero.</summary>
    public void Clear() => NativeMemory.Clear(Pointer, (nuint)Length * (nuint)sizeof(T));

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_pointer == null) return;
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
        GC.RemoveMemoryPressure(Math.Max(Length, 1) * sizeof(T));
    }
}
