// The machine code of the bfloat16 tile product, written at run time because .NET has no AMX intrinsics. One entry takes
// everything through AmxArguments (first argument of the System V calling convention) and touches only registers that a callee
// may spoil. A block is up to 2 x 3 tiles of C, i.e. 32 rows by one panel of 48 columns; the code walks down any number of such
// blocks in one call, so that configuring the tiles and the call itself cost nothing to speak of.
// Six accumulators leave two tile registers, one of A and one of B, which the processor renames. In the order used
// a step of 32 k loads 7 tiles for 6 products, where 2 x 2 tiles load 4 for 4; but it brings 5 KB for 6 products instead of 4 KB
// for 4, and the panel is as wide as that of the 512-bit float32 kernels.
// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1 chapter 18 and volume 2, AMX instructions.

using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace GruLM.Kernels;

/// <summary>What the machine code is given, in one struct. Strides and distances are in bytes. The code changes it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 168)]
internal unsafe struct AmxArguments
{
    public const int AtA = 64, AtStrideA = 72, AtB = 80, AtSteps = 88, AtC = 96, AtStrideC = 104, AtBlocks = 112;
    public const int AtSecondA = 120, AtSecondC = 128, AtBlockA = 136, AtBlockC = 144, AtShape = 152, AtAdd = 156;

    /// <summary>The tile configuration as ldtilecfg reads it: palette, 14 reserved bytes after the start row, colsb[8] from byte 16,
    /// rows[8] from byte 48.</summary>
    [FieldOffset(0)]
    public fixed byte Config[64];

    /// <summary>First row of A, and from row to row.</summary>
    [FieldOffset(AtA)]
    public void* A;
    [FieldOffset(AtStrideA)]
    public nint StrideA;

    /// <summary>The panel of B, and how many steps of 32 k.</summary>
    [FieldOffset(AtB)]
    public void* B;
    [FieldOffset(AtSteps)]
    public nint Steps;

    /// <summary>First row of C, and from row to row.</summary>
    [FieldOffset(AtC)]
    public void* C;
    [FieldOffset(AtStrideC)]
    public nint StrideC;

    /// <summary>How many blocks of rows.</summary>
    [FieldOffset(AtBlocks)]
    public nint Blocks;

    /// <summary>From the first to the second row of tiles in a block.</summary>
    [FieldOffset(AtSecondA)]
    public nint SecondA;
    [FieldOffset(AtSecondC)]
    public nint SecondC;

    /// <summary>From block to block.</summary>
    [FieldOffset(AtBlockA)]
    public nint BlockA;
    [FieldOffset(AtBlockC)]
    public nint BlockC;

    /// <summary>Which code: see <see cref="AmxTiles.Shape"/>.</summary>
    [FieldOffset(AtShape)]
    public int Shape;

    /// <summary>Not zero: C += instead of C =.</summary>
    [FieldOffset(AtAdd)]
    public int Add;
}

/// <summary>Which of the eight tile registers does what, for a block of <paramref name="Rows"/> x <paramref name="Columns"/>
/// tiles.</summary>
internal readonly record struct AmxTiles(int Rows, int Columns)
{
    public const int MaxRows = 2, MaxColumns = 3, Registers = 8;

    /// <summary>The number of the shape after the last: the loop that measures the ceiling.</summary>
    public const int CeilingShape = (MaxRows * MaxColumns) + 1;

    /// <summary>The block's number, from 1.</summary>
    public int Shape => ((Rows - 1) * MaxColumns) + Columns;

    /// <summary>Registers 0 … Accumulators − 1 hold C, row by row.</summary>
    public int Accumulators => Rows * Columns;

    /// <summary>Registers that hold A, after C's: one a row of tiles where there is room, else one in all.</summary>
    public int HoldingA => Accumulators + Rows + Columns <= Registers ? Rows : 1;

    /// <summary>Registers that hold B, after A's.</summary>
    public int HoldingB => Accumulators + Rows + Columns <= Registers ? Columns : 1;
}

/// <summary>Writes the machine code.</summary>
internal static class AmxAssembler
{
    /// <summary>Products in one turn of the ceiling's loop.</summary>
    public const int CeilingProducts = 24;

    private const int TileRows = 16, RowBytes = 64, PanelRowBytes = Bf16Kernel.PanelWidth * 4;

    /// <summary>The code, the same for any address: <c>void entry(AmxArguments*)</c>.</summary>
    public static byte[] Assemble()
    {
        var code = new Assembler(64);
        var labels = new Label[AmxTiles.CeilingShape + 1];
        code.ldtilecfg(__[rdi]);
        code.mov(eax, __dword_ptr[rdi + AmxArguments.AtShape]);
        for (int shape = 1; shape < labels.Length; shape++)
        {
            labels[shape] = code.CreateLabel();
            code.cmp(eax, shape);
            code.je(labels[shape]);
        }

        code.tilerelease();
        code.ret();
        for (int rows = 1; rows <= AmxTiles.MaxRows; rows++)
        {
            for (int columns = 1; columns <= AmxTiles.MaxColumns; columns++)
            {
                var tiles = new AmxTiles(rows, columns);
                Blocks(code, tiles, ref labels[tiles.Shape]);
            }
        }

        code.Label(ref labels[AmxTiles.CeilingShape]);
        Ceiling(code);
        return MachineCode.Bytes(code);
    }

    private static void Blocks(Assembler code, AmxTiles tiles, ref Label block)
    {
        Label load = code.CreateLabel();
        Label ready = code.CreateLabel();
        Label step = code.CreateLabel();

        // rax, rcx: A. r10, r11: C. rsi: B. r8: the stride of whatever is loaded at the time. r9: steps left.
        code.Label(ref block);
        code.mov(r8, __qword_ptr[rdi + AmxArguments.AtStrideC]);
        code.mov(r10, __qword_ptr[rdi + AmxArguments.AtC]);
        if (tiles.Rows > 1)
        {
            code.mov(r11, r10);
            code.add(r11, __qword_ptr[rdi + AmxArguments.AtSecondC]);
        }

        code.cmp(__dword_ptr[rdi + AmxArguments.AtAdd], 0);
        code.jne(load);
        for (int t = 0; t < tiles.Accumulators; t++) code.tilezero(Tile(t));
        code.jmp(ready);
        code.Label(ref load);
        for (int t = 0; t < tiles.Accumulators; t++) code.tileloadd(Tile(t), OfC(tiles, t));
        code.Label(ref ready);

        code.mov(rax, __qword_ptr[rdi + AmxArguments.AtA]);
        if (tiles.Rows > 1)
        {
            code.mov(rcx, rax);
            code.add(rcx, __qword_ptr[rdi + AmxArguments.AtSecondA]);
        }

        code.mov(rdx, __qword_ptr[rdi + AmxArguments.AtStrideA]);
        code.mov(rsi, __qword_ptr[rdi + AmxArguments.AtB]);
        code.mov(r8d, PanelRowBytes);
        code.mov(r9, __qword_ptr[rdi + AmxArguments.AtSteps]);
        code.Label(ref step);
        Step(code, tiles);
        code.add(rax, RowBytes);
        if (tiles.Rows > 1) code.add(rcx, RowBytes);
        code.add(rsi, TileRows * PanelRowBytes);
        code.dec(r9);
        code.jne(step);

        // Both rows of tiles are stored after both were loaded: the second may overlap the first, with the same values.
        code.mov(r8, __qword_ptr[rdi + AmxArguments.AtStrideC]);
        for (int t = 0; t < tiles.Accumulators; t++) code.tilestored(OfC(tiles, t), Tile(t));
        code.mov(rax, __qword_ptr[rdi + AmxArguments.AtBlockA]);
        code.add(__qword_ptr[rdi + AmxArguments.AtA], rax);
        code.mov(rax, __qword_ptr[rdi + AmxArguments.AtBlockC]);
        code.add(__qword_ptr[rdi + AmxArguments.AtC], rax);
        code.dec(__qword_ptr[rdi + AmxArguments.AtBlocks]);
        code.jne(block);
        code.tilerelease();
        code.ret();
    }

    // One step of 32 k: every pair of a tile of A and a tile of B, in an order in which one of the two is still loaded.
    private static void Step(Assembler code, AmxTiles tiles)
    {
        Span<int> loadedA = [-1, -1];
        int loadedB = -1;
        for (int j = 0; j < tiles.Columns; j++)
        {
            for (int turn = 0; turn < tiles.Rows; turn++)
            {
                int i = j % 2 == 0 ? turn : tiles.Rows - 1 - turn;
                int registerA = tiles.Accumulators + (i % tiles.HoldingA);
                int registerB = tiles.Accumulators + tiles.HoldingA + (j % tiles.HoldingB);
                ref int holds = ref loadedA[i % tiles.HoldingA];
                if (holds != i) code.tileloadd(Tile(registerA), i == 0 ? __[rax + (rdx * 1)] : __[rcx + (rdx * 1)]);
                holds = i;
                if (loadedB != j) code.tileloadd(Tile(registerB), __[rsi + (r8 * 1) + (j * RowBytes)]);
                loadedB = j;
                code.tdpbf16ps(Tile((i * tiles.Columns) + j), Tile(registerA), Tile(registerB));
            }
        }
    }

    private static AssemblerMemoryOperand OfC(AmxTiles tiles, int accumulator)
    {
        int offset = accumulator % tiles.Columns * RowBytes;
        return accumulator < tiles.Columns ? __[r10 + (r8 * 1) + offset] : __[r11 + (r8 * 1) + offset];
    }

    // Products of what was loaded once: the most that the processor's tile unit can do.
    private static void Ceiling(Assembler code)
    {
        var tiles = new AmxTiles(AmxTiles.MaxRows, AmxTiles.MaxColumns);
        Label turn = code.CreateLabel();
        for (int t = 0; t < tiles.Accumulators; t++) code.tilezero(Tile(t));
        code.mov(rax, __qword_ptr[rdi + AmxArguments.AtA]);
        code.mov(rdx, __qword_ptr[rdi + AmxArguments.AtStrideA]);
        code.mov(rsi, __qword_ptr[rdi + AmxArguments.AtB]);
        code.mov(r8d, PanelRowBytes);
        code.tileloadd(Tile(tiles.Accumulators), __[rax + (rdx * 1)]);
        code.tileloadd(Tile(tiles.Accumulators + 1), __[rsi + (r8 * 1)]);
        code.mov(r9, __qword_ptr[rdi + AmxArguments.AtSteps]);
        code.Label(ref turn);
        for (int p = 0; p < CeilingProducts; p++)
        {
            code.tdpbf16ps(Tile(p % tiles.Accumulators), Tile(tiles.Accumulators), Tile(tiles.Accumulators + 1));
        }

        code.dec(r9);
        code.jne(turn);
        code.tilerelease();
        code.ret();
    }

    private static AssemblerRegisterTMM Tile(int index) => index switch
    {
        0 => tmm0,
        1 => tmm1,
        2 => tmm2,
        3 => tmm3,
        4 => tmm4,
        5 => tmm5,
        6 => tmm6,
        _ => tmm7,
    };
}
