// What pieces of machine code for vectors of 512 bits have in common: the registers by number, and whether this process may use
// them: whether the processor has AVX-512 and the system saves its registers. Asked of the processor itself, since a native
// program may have been built for fewer instructions than the machine has.
// Source: Intel SDM volume 1, section 15.2.

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Runtime.Versioning;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace GruLM.Kernels;

/// <summary>The registers of 512 bits. Safe for several threads.</summary>
internal static unsafe class VectorRegisters
{
    private const int SavesStates = 1 << 27, Avx512F = 1 << 16, Avx512BW = 1 << 30;

    // Of vectors of 128, 256 and 512 bits, their masks, and the upper half of the registers.
    private const ulong VectorStates = 0xE6;

    private static readonly AssemblerRegisterZMM[] s_zmm =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15, zmm16, zmm17, zmm18, zmm19,
        zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    /// <summary>Register <paramref name="index"/>, from 0 to 31.</summary>
    public static AssemblerRegisterZMM Zmm(int index) => s_zmm[index];

    /// <summary>Whether this is a process for x64 whose processor has AVX-512 (F and BW).</summary>
    public static bool AreThere()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !X86Base.IsSupported) return false;
        if (X86Base.CpuId(0, 0).Eax < 7 || (X86Base.CpuId(1, 0).Ecx & SavesStates) == 0) return false;
        int features = X86Base.CpuId(7, 0).Ebx;
        return (features & Avx512F) != 0 && (features & Avx512BW) != 0;
    }

    /// <summary>Whether the system saves them (XCR0). Throws <see cref="InvalidOperationException"/> where it lets nothing be made
    /// executable.</summary>
    [SupportedOSPlatform("linux")]
    public static bool AreSaved()
    {
        using var code = new ExecutableMemory(SavedStates());
        ulong states = ((delegate* unmanaged<ulong>)code.Address)();
        return (states & VectorStates) == VectorStates;
    }

    // ulong entry()
    private static byte[] SavedStates()
    {
        var code = new Assembler(64);
        code.xor(ecx, ecx);
        code.xgetbv();
        code.shl(rdx, 32);
        code.or(rax, rdx);
        code.ret();
        return MachineCode.Bytes(code);
    }
}
