// Writes the machine code of the bfloat16 product with vdpbf16ps on vectors of 512 bits, which .NET has no name for. One piece of code a
// shape of block: one to eight rows of A times one to three vectors of B, whose sums fill up to 24 of the 32 registers; of the others
// three hold B and five take the rows' pairs in turn, each read once for all three vectors. One entry takes everything through
// Avx512Bf16Arguments (first argument of the System V calling convention) and touches only registers that a callee may spoil.
// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, VDPBF16PS.

using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace GruLM.Kernels;

/// <summary>Assembles the product of a block.</summary>
internal static class Avx512Bf16Assembler
{
    /// <summary>Rows and vectors of the largest block.</summary>
    public const int MaxRows = 8, MaxVectors = 3;

    /// <summary>Pairs of k in a turn of the loop.</summary>
    public const int PairsATurn = 4;

    /// <summary>The number of the shape after the last: the loop that measures the ceiling.</summary>
    public const int CeilingShape = MaxRows * MaxVectors;

    /// <summary>Products in a turn of the ceiling's loop.</summary>
    public const int CeilingProducts = MaxRows * MaxVectors;

    private const int VectorBytes = 64, PairBytes = 4, PanelRowBytes = Bf16Kernel.PanelWidth * PairBytes, FirstOfB = 24, FirstOfA = 27;

    /// <summary>The number of a block's shape, from 0: the largest first, since the code looks for it in this order.</summary>
    public static int Shape(int rows, int vectors) => ((MaxRows - rows) * MaxVectors) + MaxVectors - vectors;

    /// <summary>The code, the same for any address: <c>void entry(Avx512Bf16Arguments*)</c>.</summary>
    public static byte[] Assemble()
    {
        var code = new Assembler(64);
        var labels = new Label[CeilingShape + 1];
        code.mov(eax, __dword_ptr[rdi + Avx512Bf16Arguments.AtShape]);
        for (int shape = 0; shape < labels.Length; shape++)
        {
            labels[shape] = code.CreateLabel();
            code.cmp(eax, shape);
            code.je(labels[shape]);
        }

        code.ret();
        for (int rows = 1; rows <= MaxRows; rows++)
        {
            for (int vectors = 1; vectors <= MaxVectors; vectors++) Blocks(code, rows, vectors, ref labels[Shape(rows, vectors)]);
        }

        code.Label(ref labels[CeilingShape]);
        Ceiling(code);
        return MachineCode.Bytes(code);
    }

    // rax, rcx, r8: rows 0, 3 and 6 of A; rdx: from row to row. rsi: B. r9: turns left. r10: C; r11: from row to row.
    private static void Blocks(Assembler code, int rows, int vectors, ref Label block)
    {
        Label load = code.CreateLabel(), ready = code.CreateLabel(), turn = code.CreateLabel();
        code.Label(ref block);
        code.kmovw(k1, __word_ptr[rdi + Avx512Bf16Arguments.AtMask]);
        code.mov(r10, __qword_ptr[rdi + Avx512Bf16Arguments.AtC]);
        code.mov(r11, __qword_ptr[rdi + Avx512Bf16Arguments.AtStrideC]);
        code.cmp(__dword_ptr[rdi + Avx512Bf16Arguments.AtAdd], 0);
        code.jne(load);
        for (int sum = 0; sum < rows * vectors; sum++) code.vpxord(Zmm(sum), Zmm(sum), Zmm(sum));
        code.jmp(ready);
        code.Label(ref load);
        for (int row = 0; row < rows; row++)
        {
            for (int v = 0; v < vectors; v++) code.vmovups(v == vectors - 1 ? Sum(row, v).k1.z : Sum(row, v), __[r10 + (v * VectorBytes)]);
            if (row < rows - 1) code.add(r10, r11);
        }

        code.Label(ref ready);
        code.mov(rax, __qword_ptr[rdi + Avx512Bf16Arguments.AtA]);
        code.mov(rdx, __qword_ptr[rdi + Avx512Bf16Arguments.AtStrideA]);
        code.lea(r9, __[rdx + (rdx * 2)]);
        if (rows > 3) code.lea(rcx, __[rax + r9]);
        if (rows > 6) code.lea(r8, __[rcx + r9]);
        code.mov(rsi, __qword_ptr[rdi + Avx512Bf16Arguments.AtB]);
        code.mov(r9, __qword_ptr[rdi + Avx512Bf16Arguments.AtTurns]);
        code.Label(ref turn);
        for (int pair = 0; pair < PairsATurn; pair++) Products(code, rows, vectors, pair);
        code.add(rax, PairsATurn * PairBytes);
        if (rows > 3) code.add(rcx, PairsATurn * PairBytes);
        if (rows > 6) code.add(r8, PairsATurn * PairBytes);
        code.add(rsi, PairsATurn * PanelRowBytes);
        code.dec(r9);
        code.jne(turn);
        End(code, rows, vectors);
        code.jne(block);
        code.vzeroupper();
        code.ret();

        AssemblerRegisterZMM Sum(int row, int v) => Zmm((row * vectors) + v);
    }

    private static void Products(Assembler code, int rows, int vectors, int pair)
    {
        const int HoldingA = 5;
        for (int v = 0; v < vectors; v++) code.vmovups(Zmm(FirstOfB + v), __[rsi + ((pair * PanelRowBytes) + (v * VectorBytes))]);
        for (int row = 0; row < rows; row++)
        {
            AssemblerRegisterZMM a = Zmm(FirstOfA + (row % HoldingA));
            code.vpbroadcastd(a, OfA(row, pair * PairBytes));
            for (int v = 0; v < vectors; v++) code.vdpbf16ps(Zmm((row * vectors) + v), a, Zmm(FirstOfB + v));
        }
    }

    // Stores the sums, and goes on to the next block: sets the zero flag when there is none.
    private static void End(Assembler code, int rows, int vectors)
    {
        code.mov(r10, __qword_ptr[rdi + Avx512Bf16Arguments.AtC]);
        for (int row = 0; row < rows; row++)
        {
            for (int v = 0; v < vectors - 1; v++) code.vmovups(__[r10 + (v * VectorBytes)], Zmm((row * vectors) + v));
            code.vmovups(__[r10 + ((vectors - 1) * VectorBytes)].k1, Zmm((row * vectors) + vectors - 1));
            if (row < rows - 1) code.add(r10, r11);
        }

        code.mov(rax, __qword_ptr[rdi + Avx512Bf16Arguments.AtBlockA]);
        code.add(__qword_ptr[rdi + Avx512Bf16Arguments.AtA], rax);
        code.mov(rax, __qword_ptr[rdi + Avx512Bf16Arguments.AtBlockC]);
        code.add(__qword_ptr[rdi + Avx512Bf16Arguments.AtC], rax);
        code.dec(__qword_ptr[rdi + Avx512Bf16Arguments.AtBlocks]);
    }

    // Products of what was loaded once: the most that the processor can do.
    private static void Ceiling(Assembler code)
    {
        Label turn = code.CreateLabel();
        for (int sum = 0; sum < CeilingProducts; sum++) code.vpxord(Zmm(sum), Zmm(sum), Zmm(sum));
        code.mov(rax, __qword_ptr[rdi + Avx512Bf16Arguments.AtA]);
        code.mov(rsi, __qword_ptr[rdi + Avx512Bf16Arguments.AtB]);
        code.vmovups(Zmm(FirstOfB), __[rsi]);
        code.vpbroadcastd(Zmm(FirstOfA), __dword_ptr[rax]);
        code.mov(r9, __qword_ptr[rdi + Avx512Bf16Arguments.AtTurns]);
        code.Label(ref turn);
        for (int sum = 0; sum < CeilingProducts; sum++) code.vdpbf16ps(Zmm(sum), Zmm(FirstOfA), Zmm(FirstOfB));
        code.dec(r9);
        code.jne(turn);
        code.vzeroupper();
        code.ret();
    }

    private static AssemblerMemoryOperand OfA(int row, int offset)
    {
        AssemblerRegister64 first = row < 3 ? rax : row < 6 ? rcx : r8;
        return (row % 3) switch
        {
            0 => __dword_ptr[first + offset],
            1 => __dword_ptr[first + rdx + offset],
            _ => __dword_ptr[first + (rdx * 2) + offset],
        };
    }

    private static AssemblerRegisterZMM Zmm(int index) => VectorRegisters.Zmm(index);
}
