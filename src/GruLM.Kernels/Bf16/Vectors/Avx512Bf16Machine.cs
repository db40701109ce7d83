// Whether this process may use AVX512-BF16: the processor (CPUID), and the system (whether it saves the registers).
// Source: Intel SDM volume 2, CPUID leaf 7, sub-leaf 1.

using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>The AVX512-BF16 of this machine.</summary>
internal static unsafe class Avx512Bf16Machine
{
    private const int Bf16Bit = 1 << 5;

    /// <summary>The product on vectors of pairs, and why there is none; no reason where the processor has no AVX512-BF16.</summary>
    public static (Bf16Kernel? Kernel, string? Reason) Open()
    {
        if (!VectorRegisters.AreThere() || X86Base.CpuId(7, 0).Eax < 1 || (X86Base.CpuId(7, 1).Eax & Bf16Bit) == 0) return (null, null);
        if (!OperatingSystem.IsLinux()) return (null, "only done on Linux");
        if (!VectorRegisters.AreSaved()) return (null, "the system does not save vectors of 512 bits");
        return Bf16Machine.Load(
            Avx512Bf16Assembler.Assemble(),
            address => new Bf16Kernel(new Avx512Bf16Kernel((delegate* unmanaged<Avx512Bf16Arguments*, void>)address)));
    }
}
