// What the machine code of Avx512Bf16Assembler is given.

using System.Runtime.InteropServices;

namespace GruLM.Kernels;

/// <summary>Blocks of rows of A, one below the other, times one panel of B. Distances are in bytes. The code changes it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Avx512Bf16Arguments
{
    /// <summary>First row of A; bytes from row to row, and from block to block.</summary>
    public void* A;
    public nint StrideA;
    public nint BlockA;

    /// <summary>The panel of B.</summary>
    public void* B;

    /// <summary>Turns of four pairs of k.</summary>
    public nint Turns;

    /// <summary>First row of C; bytes from row to row, and from block to block.</summary>
    public void* C;
    public nint StrideC;
    public nint BlockC;

    /// <summary>How many blocks.</summary>
    public nint Blocks;

    /// <summary>Which columns of the last vector there are, a bit each.</summary>
    public int Mask;

    /// <summary>Which code: see <see cref="Avx512Bf16Assembler.Shape"/>.</summary>
    public int Shape;

    /// <summary>Not zero: C += instead of C =.</summary>
    public int Add;

    /// <summary>Offsets of the above in bytes.</summary>
    public const int AtA = 0, AtStrideA = 8, AtBlockA = 16, AtB = 24, AtTurns = 32, AtC = 40, AtStrideC = 48, AtBlockC = 56, AtBlocks = 64,
        AtMask = 72, AtShape = 76, AtAdd = 80;
}
