// The innermost product of the bfloat16 path on vectors of pairs (AVX512-BF16): cuts rows into blocks of eight and calls the machine
// code of Avx512Bf16Assembler. A last vector that is not full is masked, so that nothing outside A, B and C is ever touched.

namespace GruLM.Kernels;

/// <summary>Products by vdpbf16ps. An address only: copy it freely.</summary>
internal readonly unsafe struct Avx512Bf16Kernel
{
    /// <summary>Operations in a turn of <see cref="Ceiling"/>.</summary>
    public const double OperationsATurn = 2.0 * 2 * VectorColumns * Avx512Bf16Assembler.CeilingProducts;

    private const int VectorColumns = 16, BlockRows = Avx512Bf16Assembler.MaxRows, DepthATurn = 2 * Avx512Bf16Assembler.PairsATurn;

    private readonly delegate* unmanaged<Avx512Bf16Arguments*, void> _entry;

    /// <summary>The product whose code is at <paramref name="entry"/>.</summary>
    public Avx512Bf16Kernel(delegate* unmanaged<Avx512Bf16Arguments*, void> entry) => _entry = entry;

    /// <summary><see cref="Bf16Kernel.Product"/>, in steps of 2 k; only to the next multiple of 8 is anything read beyond k.</summary>
    public void Product(ushort* a, nint strideA, ushort* b, int k, float* c, nint strideC, int rows, int columns, bool add)
    {
        int blocks = rows / BlockRows, rest = rows % BlockRows;
        if (blocks > 0) Call(a, strideA, b, k, c, strideC, BlockRows, columns, blocks, add);
        if (rest == 0) return;
        nint done = (nint)blocks * BlockRows;
        Call(a + (done * strideA), strideA, b, k, c + (done * strideC), strideC, rest, columns, 1, add);
    }

    /// <summary>Does <paramref name="turns"/> turns of <see cref="Avx512Bf16Assembler.CeilingProducts"/> products of one pair with one
    /// vector.</summary>
    public void Ceiling(ushort* a, ushort* b, int turns)
    {
        var arguments = new Avx512Bf16Arguments { A = a, B = b, Turns = turns, Shape = Avx512Bf16Assembler.CeilingShape };
        _entry(&arguments);
    }

    private void Call(ushort* a, nint strideA, ushort* b, int k, float* c, nint strideC, int rows, int columns, int blocks, bool add)
    {
        int vectors = (columns + VectorColumns - 1) / VectorColumns, last = columns - ((vectors - 1) * VectorColumns);
        nint bytesA = strideA * sizeof(ushort), bytesC = strideC * sizeof(float);
        var arguments = new Avx512Bf16Arguments
        {
            A = a,
            StrideA = bytesA,
            BlockA = BlockRows * bytesA,
            B = b,
            Turns = (k + DepthATurn - 1) / DepthATurn,
            C = c,
            StrideC = bytesC,
            BlockC = BlockRows * bytesC,
            Blocks = blocks,
            Mask = (1 << last) - 1,
            Shape = Avx512Bf16Assembler.Shape(rows, vectors),
            Add = add ? 1 : 0,
        };
        _entry(&arguments);
    }
}
