// The innermost product of the bfloat16 path, whichever instructions do it: AMX tiles or vectors of pairs. Both read the same layout, so
// that packing, blocking and the layers know neither.

namespace GruLM.Kernels;

/// <summary>Products of bfloat16 matrices with float32 sums. Addresses only: copy it freely.</summary>
internal readonly unsafe struct Bf16Kernel
{
    /// <summary>Columns of a panel of B: three vectors of 512 bits or three tiles, as in the 512-bit float32 path.</summary>
    public const int PanelWidth = 48;

    /// <summary>k comes in steps of this many; both matrices are padded to it with zeros.</summary>
    public const int DepthStep = 32;

    private readonly AmxKernel _tiles;
    private readonly Avx512Bf16Kernel _vectors;
    private readonly bool _onVectors;

    /// <summary>On tiles.</summary>
    public Bf16Kernel(AmxKernel tiles) => _tiles = tiles;

    /// <summary>On vectors.</summary>
    public Bf16Kernel(Avx512Bf16Kernel vectors) => (_vectors, _onVectors) = (vectors, true);

    /// <summary>Rows of A that a block of a product should have at most: as bfloat16, 1024 deep, they take half of the second-level cache,
    /// which has 2 MB beside tiles and 1 MB elsewhere.</summary>
    public int MostRows => _onVectors ? 256 : 512;

    /// <summary>Turns of <see cref="Ceiling"/> that take about a millisecond.</summary>
    public int CeilingTurns => _onVectors ? 130_000 : 4_000;

    /// <summary>Operations in a turn of <see cref="Ceiling"/>.</summary>
    public double OperationsATurn => _onVectors ? Avx512Bf16Kernel.OperationsATurn : AmxKernel.OperationsATurn;

    /// <summary>C[rows, columns] = A · B, or C += when <paramref name="add"/>, with A [rows, k'] bfloat16 (row-major,
    /// <paramref name="strideA"/> elements a row), B one panel [k'/2][48][2] of bfloat16 and at most 48 <paramref name="columns"/>. k' is
    /// <paramref name="k"/> rounded up to 32: A and B must be there, zero beyond k. Sums run over k in the order of k: the bits do not
    /// depend on how rows, columns or k (at multiples of 32) are cut up.</summary>
    public void Product(ushort* a, nint strideA, ushort* b, int k, float* c, nint strideC, int rows, int columns, bool add)
    {
        if (rows <= 0 || columns <= 0 || k <= 0) return;
        if (_onVectors) _vectors.Product(a, strideA, b, k, c, strideC, rows, columns, add);
        else _tiles.Product(a, strideA, b, k, c, strideC, rows, columns, add);
    }

    /// <summary>Does <paramref name="turns"/> turns of products from registers that stay loaded, with the beginnings of
    /// <paramref name="a"/> and <paramref name="b"/>, a step of 16 rows and of a panel.</summary>
    public void Ceiling(ushort* a, ushort* b, int turns)
    {
        if (_onVectors) _vectors.Ceiling(a, b, turns);
        else _tiles.Ceiling(a, b, turns);
    }
}
