// The product of bytes on AVX512-VNNI: cuts a call into the tiles that Avx512VnniAssembler has code for.

namespace GruLM.Kernels;

/// <summary>Products of bytes by machine code. Immutable, and so safe for several threads.</summary>
internal sealed unsafe class Avx512VnniKernel
{
    private const int BlockRows = 16;

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
        for (int m = 0; m < call.Vectors;)
        {
            // Seven vectors are four and three rather than six and one.
            int left = call.Vectors - m, most = Avx512VnniAssembler.MaxVectors;
            int vectors = left <= most ? left : left < 2 * most ? (left + 1) / 2 : most;
            if (whole > 0) Tiles(call, 0, Avx512VnniAssembler.MaxBlocks, whole, m, vectors);
            if (rest > 0) Tiles(call, whole * Avx512VnniAssembler.MaxBlocks, rest, 1, m, vectors);
            m += vectors;
        }
    }

    private void Tiles(in Int8Call call, int block, int blocks, int tiles, int m, int vectors)
    {
        var arguments = new Avx512VnniArguments
        {
            Weights = call.Block(block),
            BlockBytes = call.BlockBytes,
            Activations = call.Activations + (m * call.ActivationStride),
            ActivationStride = call.ActivationStride,
            Start = call.Start + (block * BlockRows),
            Sums = call.Sums + (m * call.SumStride) + (block * BlockRows),
            SumStride = call.SumStride * sizeof(int),
            Steps = call.Columns / Int8Matrix.ColumnStep,
            Tiles = tiles,
        };
        _tiles[blocks, vectors](&arguments);
    }
}
