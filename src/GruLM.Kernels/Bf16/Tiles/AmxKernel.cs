// The innermost product of the bfloat16 path on AMX tiles: cuts rows and columns into tiles and calls the machine code of AmxAssembler,
// two rows of tiles at once, three columns of them.
// 17 to 31 rows are two rows of tiles that overlap; up to 15 rows, and a column tile of less than 16, are tiles configured smaller,
// so that nothing outside A, B and C is ever touched.

namespace GruLM.Kernels;

/// <summary>Products on AMX tiles. An address only: copy it freely.</summary>
internal readonly unsafe struct AmxKernel
{
    /// <summary>Operations in a turn of <see cref="Ceiling"/>.</summary>
    public const double OperationsATurn = 2.0 * TileRows * TileColumns * Bf16Kernel.DepthStep * AmxAssembler.CeilingProducts;

    private const int TileRows = 16, TileColumns = 16, BlockRows = 32, DepthStep = Bf16Kernel.DepthStep;

    private readonly delegate* unmanaged<AmxArguments*, void> _entry;

    // Called the ordinary way, not with SuppressGCTransition: the nanoseconds are lost in a product, and a thread inside is no
    // obstacle to a garbage collection, which then has no reason to interrupt it with a signal while tiles are loaded.
    internal AmxKernel(delegate* unmanaged<AmxArguments*, void> entry) => _entry = entry;

    /// <summary><see cref="Bf16Kernel.Product"/>, in steps of 32 k.</summary>
    public void Product(ushort* a, nint strideA, ushort* b, int k, float* c, nint strideC, int rows, int columns, bool add)
    {
        int whole = columns / TileColumns, rest = columns % TileColumns;
        if (whole > 0) Columns(a, strideA, b, k, c, strideC, rows, whole, TileColumns, add);
        if (rest > 0) Columns(a, strideA, b + (2 * whole * TileColumns), k, c + (whole * TileColumns), strideC, rows, 1, rest, add);
    }

    /// <summary>Does <paramref name="turns"/> turns of <see cref="AmxAssembler.CeilingProducts"/> products of one tile with
    /// another.</summary>
    public void Ceiling(ushort* a, ushort* b, int turns)
    {
        var arguments = new AmxArguments
        {
            A = a,
            StrideA = DepthStep * sizeof(ushort),
            B = b,
            Steps = turns,
            Shape = AmxTiles.CeilingShape
        };
        Configure(&arguments, new AmxTiles(AmxTiles.MaxRows, AmxTiles.MaxColumns), TileRows, TileColumns);
        _entry(&arguments);
    }

    private void Columns(ushort* a, nint strideA, ushort* b, int k, float* c, nint strideC, int rows, int columnTiles, int columns,
        bool add)
    {
        int blocks = rows / BlockRows, rest = rows % BlockRows;
        if (blocks > 0) Call(a, strideA, b, k, c, strideC, new AmxTiles(2, columnTiles), TileRows, columns, TileRows, blocks, add);
        if (rest == 0) return;
        a += (nint)blocks * BlockRows * strideA;
        c += (nint)blocks * BlockRows * strideC;
        if (rest > TileRows) Call(a, strideA, b, k, c, strideC, new AmxTiles(2, columnTiles), TileRows, columns, rest - TileRows, 1, add);
        else Call(a, strideA, b, k, c, strideC, new AmxTiles(1, columnTiles), rest, columns, 0, 1, add);
    }

    private void Call(ushort* a, nint strideA, ushort* b, int k, float* c, nint strideC, AmxTiles tiles, int rows, int columns,
        int secondRow, int blocks, bool add)
    {
        nint bytesA = strideA * sizeof(ushort), bytesC = strideC * sizeof(float);
        var arguments = new AmxArguments
        {
            A = a,
            StrideA = bytesA,
            B = b,
            Steps = (k + DepthStep - 1) / DepthStep,
            C = c,
            StrideC = bytesC,
            Blocks = blocks,
            SecondA = secondRow * bytesA,
            SecondC = secondRow * bytesC,
            BlockA = BlockRows * bytesA,
            BlockC = BlockRows * bytesC,
            Shape = tiles.Shape,
            Add = add ? 1 : 0,
        };
        Configure(&arguments, tiles, rows, columns);
        _entry(&arguments);
    }

    // Palette 1; tiles of C are rows x columns floats, of A rows x 32, of B 16 pairs x columns. Registers without use are like C's.
    private static void Configure(AmxArguments* arguments, AmxTiles tiles, int rows, int columns)
    {
        byte* config = arguments->Config;
        *(ulong*)(config + 16) = *(ulong*)(config + 24) = 0x0001_0001_0001_0001ul * (uint)(columns * sizeof(float));
        *(ulong*)(config + 48) = 0x0101_0101_0101_0101ul * (uint)rows;
        config[0] = 1;
        int firstB = tiles.Accumulators + tiles.HoldingA;
        for (int t = tiles.Accumulators; t < firstB; t++) ((ushort*)(config + 16))[t] = DepthStep * sizeof(ushort);
        for (int t = firstB; t < firstB + tiles.HoldingB; t++) config[48 + t] = DepthStep / 2;
    }
}
