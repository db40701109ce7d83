// A block of unmanaged memory, aligned to a cache line and zeroed: what every kernel reads and writes.
// Unmanaged so that pointers stay valid without pinning and large buffers never move. Sizes are in elements.
// Large ones ask Linux for huge pages: a product that walks panels, tiles and rows of C touches more small pages than the processor keeps
// addresses of.
// There is no finalizer: spans and pointers into the memory do not keep this object alive, so that one would free memory that is being
// read. A buffer that nobody disposes is lost until the process ends, and never freed under a reader.

using System.Runtime.InteropServices;

namespace GruLM.Kernels;

/// <summary>Zeroed unmanaged memory for <typeparamref name="T"/>, aligned to 64 bytes. It lasts until <see cref="Dispose"/>, which its
/// owner must not forget and must not call while anything reads or writes it. Not thread-safe to dispose.</summary>
internal sealed unsafe class AlignedBuffer<T> : IDisposable
    where T : unmanaged
{
    private const int LineBytes = 64;
    private readonly string _owner;
    private T* _pointer;

    /// <summary>Allocates <paramref name="length"/> zeroed elements. Throws <see cref="OutOfMemoryException"/> when the system refuses.
    /// Whoever uses them after they were freed is told that <paramref name="owner"/> was disposed, which is what a caller
    /// knows.</summary>
    public AlignedBuffer(long length, string owner = "AlignedBuffer")
    {
        _owner = owner;
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        nuint bytes = checked((nuint)Math.Max(length, 1) * (nuint)sizeof(T));
        nuint alignment = HugePages.Worth(bytes) ? HugePages.Bytes : LineBytes;
        _pointer = (T*)NativeMemory.AlignedAlloc((bytes + alignment - 1) / alignment * alignment, alignment);
        if (alignment == HugePages.Bytes) HugePages.Ask(_pointer, bytes);
        NativeMemory.Clear(_pointer, bytes);
    }

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>Address of the first element, a multiple of 64. Throws <see cref="ObjectDisposedException"/>, as all that follows here,
    /// when the memory was freed.</summary>
    public T* Pointer => _pointer != null ? _pointer : throw new ObjectDisposedException(_owner);

    /// <summary>The whole buffer as a span. Throws <see cref="OverflowException"/> beyond 2^31 elements.</summary>
    public Span<T> Span => new(Pointer, checked((int)Length));

    /// <summary>A part of the buffer: <paramref name="length"/> elements from <paramref name="start"/>.</summary>
    public Span<T> Slice(long start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - length);
        return new Span<T>(Pointer + start, length);
    }

    /// <summary>Sets every element to zero.</summary>
    public void Clear() => NativeMemory.Clear(Pointer, (nuint)Length * (nuint)sizeof(T));

    /// <summary>Frees the memory. May be called again.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
