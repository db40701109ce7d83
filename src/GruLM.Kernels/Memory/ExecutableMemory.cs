// Machine code in memory: mapped writable, filled, then made executable and read-only, so that it is never writable and executable
// at once. Linux only: the code assembled here follows its calling convention, and AMX asks for its permission; on Windows
// (VirtualAlloc, VirtualProtect) the callers take other paths instead.
// Source: mmap(2), mprotect(2).

using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace GruLM.Kernels;

/// <summary>A piece of machine code, executable and read-only until disposed.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe partial class ExecutableMemory : IDisposable
{
    private const int Read = 1, Write = 2, Execute = 4, Private = 2, Anonymous = 0x20;
    private readonly nuint _length;
    private void* _address;

    /// <summary>Copies <paramref name="code"/> into executable memory. Throws <see cref="InvalidOperationException"/> when the system
    /// refuses.</summary>
    public ExecutableMemory(ReadOnlySpan<byte> code)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        _length = ((nuint)Math.Max(code.Length, 1) + page - 1) / page * page;
        nint mapped = Map(0, _length, Read | Write, Private | Anonymous, -1, 0);
        if (mapped == -1)
        {
            throw new InvalidOperationException($"the system gives no memory for machine code (error {Marshal.GetLastPInvokeError()})");
        }

        _address = (void*)mapped;
        code.CopyTo(new Span<byte>(_address, code.Length));
        if (Protect(_address, _length, Read | Execute) == 0) return;
        int error = Marshal.GetLastPInvokeError();
        Dispose();
        throw new InvalidOperationException($"the system does not let memory be made executable (error {error})");
    }

    /// <summary>Unmaps the memory when the owner forgot to.</summary>
    ~ExecutableMemory() => Free();

    /// <summary>The first byte of the code.</summary>
    public void* Address => _address != null ? _address : throw new ObjectDisposedException(nameof(ExecutableMemory));

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint hint, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);

    private void Free()
    {
        if (_address == null) return;
        _ = Unmap(_address, _length);
        _address = null;
    }
}
