// Pages of 2 MB instead of 4 KB, asked of Linux for one stretch of memory (madvise). A wish: where the system has none to give, or is not
// Linux, the memory is as it was.

using System.Runtime.InteropServices;

namespace GruLM.Kernels;

/// <summary>Asks for huge pages.</summary>
internal static unsafe partial class HugePages
{
    /// <summary>Bytes in a huge page.</summary>
    public const uint Bytes = 2 << 20;

    private const int AdviceHugePage = 14;

    /// <summary>Whether rounding so many bytes up to whole huge pages wastes little.</summary>
    public static bool Worth(nuint bytes) => OperatingSystem.IsLinux() && bytes >= 2 * Bytes;

    /// <summary>Asks for huge pages for memory not yet touched that begins at a multiple of <see cref="Bytes"/>.</summary>
    public static void Ask(void* memory, nuint bytes) => _ = Advise(memory, bytes / Bytes * Bytes, AdviceHugePage);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
