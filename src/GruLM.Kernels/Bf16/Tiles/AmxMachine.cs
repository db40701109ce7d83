// Whether this process may use AMX: the processor (CPUID), and the system (Linux hands out the tile registers to a process that asks for
// them, for all of its threads).
// Linux grants the permission only where its own and the processor's state of tiles (XCR0 bits 17 and 18) is on, so XCR0 is not read here.
// Source: Intel SDM volume 1, chapter 18; Linux, Documentation/arch/x86/xstate.rst.

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>The AMX of this machine.</summary>
internal static unsafe partial class AmxMachine
{
    private const int Bf16Bit = 22, TileBit = 24;
    private const int ArchPrctl = 158, RequestPermission = 0x1023, TileData = 18;

    /// <summary>The product on tiles, and why there is none; no reason where the processor has no AMX.</summary>
    public static (Bf16Kernel? Kernel, string? Reason) Open()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !X86Base.IsSupported || !HasInstructions()) return (null, null);
        if (!OperatingSystem.IsLinux()) return (null, "only done on Linux");
        if (SystemCall(ArchPrctl, RequestPermission, TileData) != 0)
        {
            return (null, $"the system does not hand out tile registers (error {Marshal.GetLastPInvokeError()})");
        }

        return Bf16Machine.Load(
            AmxAssembler.Assemble(),
            address => new Bf16Kernel(new AmxKernel((delegate* unmanaged<AmxArguments*, void>)address)));
    }

    private static bool HasInstructions()
    {
        const int TileLeaf = 0x1D;
        if (X86Base.CpuId(0, 0).Eax < TileLeaf) return false;
        int features = X86Base.CpuId(7, 0).Edx;
        if ((features >> Bf16Bit & features >> TileBit & 1) == 0) return false;

        // Palette 1 has to be what the code was written for: 8 tiles of 16 rows of 64 bytes.
        (int Eax, int Ebx, int Ecx, int Edx) palette = X86Base.CpuId(TileLeaf, 1);
        return palette.Eax >> 16 == 1024 && palette.Ebx == ((8 << 16) | 64) && (palette.Ecx & 0xFFFF) == 16;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint first, nint second);
}
