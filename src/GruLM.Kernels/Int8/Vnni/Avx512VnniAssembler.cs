// Writes the machine code of the product of bytes with vpdpbusd on vectors of 512 bits, which .NET has no name for. One piece of code a
// shape of tile: one to four blocks of sixteen rows times one to six vectors of activations, whose sums fill up to 24 of the 32 registers.
// Source: Intel SDM volume 2, VPDPBUSD.

using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace GruLM.Kernels;

/// <summary>Assembles the tiles for the System V calling convention: <c>void entry(Avx512VnniArguments*)</c>.</summary>
internal static class Avx512VnniAssembler
{
    /// <summary>Blocks of rows in the largest tile.</summary>
    public const int MaxBlocks = 4;

    /// <summary>Vectors of activations in the largest tile.</summary>
    public const int MaxVectors = 6;

    // Bytes: a vector register, and the activations that it is multiplied by.
    private const int VectorBytes = 64, QuadBytes = 4;

    // Pointers to the blocks of weights.
    private static readonly AssemblerRegister64[] s_weights = [rax, r8, r9, r10];

    /// <summary>The code of a tile, the same for any address.</summary>
    public static byte[] Tile(int blocks, int vectors)
    {
        var code = new Assembler(64);
        Label tile = code.CreateLabel(), step = code.CreateLabel();
        code.Label(ref tile);
        Begin(code, blocks, vectors);
        code.Label(ref step);
        if (vectors == 1) OneVector(code, blocks);
        else for (int half = 0; half < 2; half++) Products(code, blocks, vectors, half);
        for (int block = 0; block < blocks; block++) code.add(s_weights[block], 2 * VectorBytes);
        code.add(rdx, 2 * QuadBytes);
        if (vectors > 3) code.add(rsi, 2 * QuadBytes);
        code.dec(rcx);
        code.jne(step);
        End(code, blocks, vectors);
        code.jne(tile);
        code.vzeroupper();
        code.ret();
        return MachineCode.Bytes(code);
    }

    // rax, r8, r9, r10: blocks of weights. rdx: activations; rsi: the fourth vector of them. r11: from one to the next. rcx: steps left.
    private static void Begin(Assembler code, int blocks, int vectors)
    {
        code.mov(rax, __qword_ptr[rdi + Avx512VnniArguments.AtWeights]);
        code.mov(rcx, __qword_ptr[rdi + Avx512VnniArguments.AtBlocksApart]);
        for (int block = 1; block < blocks; block++) code.lea(s_weights[block], __[s_weights[block - 1] + rcx]);
        code.mov(rdx, __qword_ptr[rdi + Avx512VnniArguments.AtActivations]);
        code.mov(r11, __qword_ptr[rdi + Avx512VnniArguments.AtActivationStride]);
        if (vectors > 3)
        {
            code.lea(rsi, __[r11 + (r11 * 2)]);
            code.add(rsi, rdx);
        }

        code.mov(rcx, __qword_ptr[rdi + Avx512VnniArguments.AtStart]);
        for (int block = 0; block < blocks; block++)
        {
            if (block > 0) code.add(rcx, __qword_ptr[rdi + Avx512VnniArguments.AtRowsApart]);
            code.vmovdqu32(Sum(block, 0, blocks), __[rcx]);
            for (int m = 1; m < vectors; m++) code.vmovdqa32(Sum(block, m, blocks), Sum(block, 0, blocks));
            if (vectors == 1) code.vpxord(Second(block, blocks), Second(block, blocks), Second(block, blocks));
        }

        code.mov(rcx, __qword_ptr[rdi + Avx512VnniArguments.AtSteps]);
    }

    // With one vector of activations each block has two sums, for odd and for even fours: a sum is ready only some cycles later.
    private static void OneVector(Assembler code, int blocks)
    {
        AssemblerRegisterZMM first = VectorRegisters.Zmm(30), second = VectorRegisters.Zmm(31);
        code.vpbroadcastd(first, __dword_ptr[rdx]);
        code.vpbroadcastd(second, __dword_ptr[rdx + QuadBytes]);
        for (int block = 0; block < blocks; block++) code.vpdpbusd(Sum(block, 0, blocks), first, __[s_weights[block]]);
        for (int block = 0; block < blocks; block++) code.vpdpbusd(Second(block, blocks), second, __[s_weights[block] + VectorBytes]);
    }

    private static void Products(Assembler code, int blocks, int vectors, int half)
    {
        for (int block = 0; block < blocks; block++) code.vmovdqu32(Weight(block), __[s_weights[block] + (half * VectorBytes)]);
        for (int m = 0; m < vectors; m++)
        {
            AssemblerRegisterZMM activations = VectorRegisters.Zmm(28 + (m % 4));
            code.vpbroadcastd(activations, Activations(m, half * QuadBytes));
            for (int block = 0; block < blocks; block++) code.vpdpbusd(Sum(block, m, blocks), activations, Weight(block));
        }
    }

    // Stores the sums, and goes on to the next tile: sets the zero flag when there is none.
    private static void End(Assembler code, int blocks, int vectors)
    {
        code.mov(rdx, __qword_ptr[rdi + Avx512VnniArguments.AtSums]);
        code.mov(r11, __qword_ptr[rdi + Avx512VnniArguments.AtSumStride]);
        code.mov(rsi, __qword_ptr[rdi + Avx512VnniArguments.AtRowsApart]);
        for (int m = 0; m < vectors; m++)
        {
            code.mov(rcx, rdx);
            for (int block = 0; block < blocks; block++)
            {
                if (vectors == 1) code.vpaddd(Sum(block, 0, blocks), Sum(block, 0, blocks), Second(block, blocks));
                code.vmovdqu32(__[rcx], Sum(block, m, blocks));
                code.add(rcx, rsi);
            }

            code.add(rdx, r11);
        }

        code.mov(rcx, __qword_ptr[rdi + Avx512VnniArguments.AtTileRows]);
        code.add(__qword_ptr[rdi + Avx512VnniArguments.AtSums], rcx);
        code.add(__qword_ptr[rdi + Avx512VnniArguments.AtStart], rcx);
        code.mov(rcx, __qword_ptr[rdi + Avx512VnniArguments.AtTilesApart]);
        code.add(__qword_ptr[rdi + Avx512VnniArguments.AtWeights], rcx);
        code.dec(__qword_ptr[rdi + Avx512VnniArguments.AtTiles]);
    }

    private static AssemblerMemoryOperand Activations(int m, int offset) => m switch
    {
        0 => __dword_ptr[rdx + offset],
        1 => __dword_ptr[rdx + r11 + offset],
        2 => __dword_ptr[rdx + (r11 * 2) + offset],
        3 => __dword_ptr[rsi + offset],
        4 => __dword_ptr[rsi + r11 + offset],
        _ => __dword_ptr[rsi + (r11 * 2) + offset],
    };

    private static AssemblerRegisterZMM Sum(int block, int m, int blocks) => VectorRegisters.Zmm((m * blocks) + block);

    private static AssemblerRegisterZMM Second(int block, int blocks) => VectorRegisters.Zmm(blocks + block);

    private static AssemblerRegisterZMM Weight(int block) => VectorRegisters.Zmm(24 + block);
}
