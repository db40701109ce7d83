// The product of bytes on AVX512-VNNI: cuts a call into the tiles that Avx512VnniAssembler has code for.

namespace GruLM.Kernels;

/// <summary>Products of bytes by machine code. Immutable, and so safe for several threads.</summary>
internal sealed unsafe class Avx512VnniKernel
{
    private const int BlockRows = 16;

    // Weights that the nearer caches do not hold.
    private const int FarBytes = 512 << 10;

    // The code for each number of blocks and of vectors.
    private readonly delegate* unmanaged<Avx512VnniArguments*, void>[,] _tiles;

    /// <summary>The kernel whose code for some blocks and vectors is at the address that <paramref name="address"/> gives.</summary>
    public Avx512VnniKernel(Func<int, int, nint> address)
    {
        _tiles = new delegate* unmanaged<Avx512VnniArguments*, void>[
            Avx512VnniAssembler.MaxBlocks + 1, Avx512VnniAssembler.MaxVectors + 1];
        for (int blocks = 1; blocks <= Avx512VnniAssembler.MaxBlocks; blocks++)
        {
            for (int vectors = 1; vectors <= Avx512VnniAssembler.MaxVectors; vectors++)
            {
                _tiles[blocks, vectors] = (delegate* unmanaged<Avx512VnniArguments*, void>)address(blocks, vectors);
            }
        }
    }

    /// <summary>What <see cref="Int8Tiles{P, V}.Run"/> computes.</summary>
    public void Run(in Int8Call call)
    {
        int blocks = call.Rows / BlockRows, whole = blocks / Avx512VnniAssembler.MaxBlocks, rest = blocks % Avx512VnniAssembler.MaxBlocks;
        if (call.Vectors == 1 && (nint)call.Rows * call.Columns >= FarBytes)
        {
            // Four streams far apart, each of which goes on where it stopped, come fastest from the outer cache and from memory.
            if (whole > 0) Tiles(call, 0, Avx512VnniAssembler.MaxBlocks, whole, 0, 1, apart: whole, next: 1);
            if (rest > 0) Tiles(call, whole * Avx512VnniAssembler.MaxBlocks, rest, 1, 0, 1, apart: 1, next: 0);
            return;
        }

        for (int m = 0; m < call.Vectors;)
        {
            // Seven vectors are four and three rather than six and one.
            int left = call.Vectors - m, most = Avx512VnniAssembler.MaxVectors;
            int vectors = left <= most ? left : left < 2 * most ? (left + 1) / 2 : most;
            if (whole > 0) Tiles(call, 0, Avx512VnniAssembler.MaxBlocks, whole, m, vectors, apart: 1, next: Avx512VnniAssembler.MaxBlocks);
            if (rest > 0) Tiles(call, whole * Avx512VnniAssembler.MaxBlocks, rest, 1, m, vectors, apart: 1, next: 0);
            m += vectors;
        }
    }

    private void Tiles(in Int8Call call, int block, int blocks, int tiles, int m, int vectors, int apart, int next)
    {
        var arguments = new Avx512VnniArguments
        {
            Weights = call.Block(block),
            BlocksApart = apart * call.BlockBytes,
            TilesApart = next * call.BlockBytes,
            Activations = call.Activations + (m * call.ActivationStride),
            ActivationStride = call.ActivationStride,
            Start = call.Start + (block * BlockRows),
            Sums = call.Sums + (m * call.SumStride) + (block * BlockRows),
            SumStride = call.SumStride * sizeof(int),
            RowsApart = apart * BlockRows * sizeof(int),
            TileRows = next * BlockRows * sizeof(int),
            Steps = call.Columns / Int8Matrix.ColumnStep,
            Tiles = tiles,
        };
        _tiles[blocks, vectors](&arguments);
    }
}
