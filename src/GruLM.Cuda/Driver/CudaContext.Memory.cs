// Memory of the card and pinned memory of the machine: allocating, copying, clearing. What is asynchronous here runs on the stream, in the
// order of the calls. The context keeps the addresses of what lives, so that closing it leaves nothing behind on a card that others share.

using System.Runtime.InteropServices;

namespace GruLM.Cuda;

internal sealed unsafe partial class CudaContext
{
    private const int Alignment = 256;
    private readonly HashSet<ulong> _buffers = [];
    private readonly HashSet<nint> _hostBuffers = [];
    private readonly List<IDisposable> _inScopes = [];
    private int _scopes;

    /// <summary>Bytes that nobody uses on the card, by the driver's account.</summary>
    public long FreeMemory
    {
        get
        {
            Enter();
            CudaDriver.Check(CudaDriver.MemoryInfo(out nuint free, out _), "say how much memory is free");
            return (long)free;
        }
    }

    /// <summary>Bytes of all buffers of this context on the card that were not disposed.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>The most that <see cref="AllocatedBytes"/> has been.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Allocates zeroed memory on the card; zeroing is asynchronous. Not while a graph is captured.</summary>
    /// <exception cref="CudaException">The card has not as much left.</exception>
    public DeviceBuffer<T> Allocate<T>(long length)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        RequireNoCapture();
        Enter();
        if (length == 0) return new DeviceBuffer<T>(this, 0, 0, 0);
        long bytes = checked(((length * sizeof(T)) + Alignment - 1) / Alignment * Alignment);
        int result = CudaDriver.Allocate(out ulong pointer, (nuint)bytes);
        if (result != 0) throw CudaDriver.Failure(result, $"allocate {CudaDriver.Size(bytes)}");
        result = CudaDriver.FillWords(pointer, 0, (nuint)(bytes / sizeof(uint)), Stream);
        if (result != 0)
        {
            _ = CudaDriver.Free(pointer);
            throw CudaDriver.Failure(result, "clear memory");
        }

        _buffers.Add(pointer);
        AllocatedBytes += bytes;
        PeakBytes = Math.Max(PeakBytes, AllocatedBytes);
        return InScope(new DeviceBuffer<T>(this, length, pointer, bytes));
    }

    /// <summary>Allocates zeroed pinned memory of the machine, which the card copies from and to while the program goes on.</summary>
    public HostBuffer<T> AllocateHost<T>(long length)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        RequireNoCapture();
        Enter();
        if (length == 0) return new HostBuffer<T>(this, 0, null);
        nuint bytes = (nuint)checked(length * sizeof(T));
        int result = CudaDriver.AllocateHost(out nint pointer, bytes);
        if (result == CudaDriver.OutOfMemory)
        {
            throw new CudaException($"the system gives no {CudaDriver.Size((long)bytes)} of pinned memory: lower 'BatchSize' or 'Bptt'");
        }

        CudaDriver.Check(result, "allocate pinned memory");
        NativeMemory.Clear((void*)pointer, bytes);
        _hostBuffers.Add(pointer);
        return InScope(new HostBuffer<T>(this, length, (T*)pointer));
    }

    /// <summary>Copies to the card, to <paramref name="offset"/> elements from the buffer's start, and waits until that is done.</summary>
    public void Upload<T>(DeviceBuffer<T> to, long offset, ReadOnlySpan<T> from)
        where T : unmanaged
    {
        fixed (T* pointer = from) Upload(to, offset, pointer, from.Length);
    }

    /// <summary>The same for more elements than a span can have.</summary>
    public void Upload<T>(DeviceBuffer<T> to, long offset, T* from, long length)
        where T : unmanaged
    {
        RequirePart(to.Length, offset, length);
        if (length == 0) return;
        CudaDriver.Check(CudaDriver.CopyToDevice(Address(to, offset), from, Bytes<T>(length), Stream), "copy to the card");
        Synchronize();
    }

    /// <summary>Copies the first elements to the card. <paramref name="from"/> must not change until the stream has got there.</summary>
    public void UploadAsync<T>(DeviceBuffer<T> to, HostBuffer<T> from, long length)
        where T : unmanaged
    {
        RequirePart(to.Length, 0, length);
        RequirePart(from.Length, 0, length);
        if (length == 0) return;
        CudaDriver.Check(CudaDriver.CopyToDevice(to.Pointer, from.Pointer, Bytes<T>(length), Stream), "copy to the card");
    }

    /// <summary>Copies from the card, from <paramref name="offset"/> elements after the buffer's start, and waits until that is done.
    /// </summary>
    public void Download<T>(DeviceBuffer<T> from, long offset, Span<T> to)
        where T : unmanaged
    {
        fixed (T* pointer = to) Download(from, offset, pointer, to.Length);
    }

    /// <summary>The same for more elements than a span can have.</summary>
    public void Download<T>(DeviceBuffer<T> from, long offset, T* to, long length)
        where T : unmanaged
    {
        RequirePart(from.Length, offset, length);
        if (length == 0) return;
        CudaDriver.Check(CudaDriver.CopyToHost(to, Address(from, offset), Bytes<T>(length), Stream), "copy from the card");
        Synchronize();
    }

    /// <summary>Copies the first elements from the card. They are there once the stream has got there: <see cref="Synchronize"/>.</summary>
    public void DownloadAsync<T>(DeviceBuffer<T> from, HostBuffer<T> to, long length)
        where T : unmanaged
    {
        RequirePart(from.Length, 0, length);
        RequirePart(to.Length, 0, length);
        if (length == 0) return;
        CudaDriver.Check(CudaDriver.CopyToHost(to.Pointer, from.Pointer, Bytes<T>(length), Stream), "copy from the card");
    }

    /// <summary>Copies on the card, asynchronously. The parts must not overlap. Offsets and length are in elements.</summary>
    public void Copy<T>(DeviceBuffer<T> from, long fromOffset, DeviceBuffer<T> to, long toOffset, long length)
        where T : unmanaged
    {
        RequirePart(from.Length, fromOffset, length);
        RequirePart(to.Length, toOffset, length);
        if (length == 0) return;
        int result = CudaDriver.CopyOnDevice(Address(to, toOffset), Address(from, fromOffset), Bytes<T>(length), Stream);
        CudaDriver.Check(result, "copy on the card");
    }

    /// <summary>Sets elements to zero, asynchronously.</summary>
    public void Clear<T>(DeviceBuffer<T> buffer, long offset, long length)
        where T : unmanaged
    {
        RequirePart(buffer.Length, offset, length);
        if (length == 0) return;
        ulong address = Address(buffer, offset);
        nuint bytes = Bytes<T>(length);
        int result = ((address | bytes) % sizeof(uint)) == 0
            ? CudaDriver.FillWords(address, 0, bytes / sizeof(uint), Stream)
            : CudaDriver.FillBytes(address, 0, bytes, Stream);
        CudaDriver.Check(result, "clear memory");
    }

    /// <summary>For <see cref="AllocationScope"/>: what is allocated from here on is remembered, from the returned place on.</summary>
    internal int BeginScope()
    {
        _scopes++;
        return _inScopes.Count;
    }

    /// <summary>Ends a scope; what was allocated in it is freed unless it is to be kept.</summary>
    internal void EndScope(int first, bool keeps)
    {
        _scopes--;
        for (int i = first; i < _inScopes.Count && !keeps; i++) _inScopes[i].Dispose();
        if (!keeps) _inScopes.RemoveRange(first, _inScopes.Count - first);
        if (_scopes == 0) _inScopes.Clear();
    }

    /// <summary>Frees a buffer's memory; the driver does so after the work that uses it. Nothing when the context is gone.</summary>
    internal void Free(ulong pointer, long bytes)
    {
        if (IsDisposed || !_buffers.Remove(pointer)) return;
        AllocatedBytes -= bytes;
        _ = CudaDriver.SetCurrent(_context);
        s_current = this;
        _ = CudaDriver.Free(pointer);
    }

    /// <summary>Frees pinned memory after the copies from and to it. Nothing when the context is gone.</summary>
    internal void FreeHost(nint pointer)
    {
        if (IsDisposed || !_hostBuffers.Remove(pointer)) return;
        _ = CudaDriver.SetCurrent(_context);
        s_current = this;
        _ = CudaDriver.Synchronize(_stream);
        _ = CudaDriver.FreeHost(pointer);
    }

    private TBuffer InScope<TBuffer>(TBuffer buffer)
        where TBuffer : IDisposable
    {
        if (_scopes > 0) _inScopes.Add(buffer);
        return buffer;
    }

    private static ulong Address<T>(DeviceBuffer<T> buffer, long offset)
        where T : unmanaged => buffer.Pointer + (ulong)(offset * sizeof(T));

    private static nuint Bytes<T>(long length)
        where T : unmanaged => (nuint)length * (nuint)sizeof(T);

    private static void RequirePart(long whole, long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, whole);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, whole - length);
    }

    private void FreeAll()
    {
        foreach (ulong pointer in _buffers) _ = CudaDriver.Free(pointer);
        foreach (nint pointer in _hostBuffers) _ = CudaDriver.FreeHost(pointer);
        _buffers.Clear();
        _hostBuffers.Clear();
        AllocatedBytes = 0;
    }
}
