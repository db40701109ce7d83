// A product that reads both matrices where they lie, and any block of it: for a batch of so few tokens that copying weights into panels
// would take longer than multiplying by them. The register tile is the same as that of BlockedProduct.cs; only its strides differ.
// Every element is summed in the same slices of k whatever the block, so the bits do not depend on how a product is shared out.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>C[m, n] = A[m, k] · B[k, n], or C += when <see cref="Add"/>, computed block by block. A's element (i, p) is A[i·RowStride +
/// p·ColumnStride], B and C have rows of <see cref="StrideB"/> and <see cref="StrideC"/> floats. Up to a vector's width − 1 floats after a
/// row of B are read, and must be readable after the last.</summary>
internal unsafe struct InPlaceProduct<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    /// <summary>Rows of a block, at most: the slices of k do not depend on the block then.</summary>
    public const int MostRows = 64;
    private const int SliceDepth = 512;
    private const int ShortDepth = 96;

    /// <summary>The matrices.</summary>
    public float* A, B, C;

    /// <summary>Floats from row to row of each, and from column to column of A.</summary>
    public nint RowStride, ColumnStride, StrideB, StrideC;

    /// <summary>Rows of A and C, columns of A, columns of B and C.</summary>
    public int M, K, N;

    /// <summary>Whether the product is added to C.</summary>
    public bool Add;

    // A panel's slice of B stays in the first-level cache where a few tiles of rows pass over it again and again.
    private readonly int Depth
    {
        get
        {
            if (M > MostRows) return SliceDepth;
            int slices = (K + ShortDepth - 1) / ShortDepth;
            return Math.Max(1, (K + slices - 1) / Math.Max(1, slices));
        }
    }

    /// <summary>Computes rows <paramref name="rowStart"/> … and columns <paramref name="columnStart"/> … of C; the latter a multiple of
    /// three vectors.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Block(int rowStart, int rowEnd, int columnStart, int columnEnd)
    {
        int width = 3 * S.Width, slice = Depth;
        float* edge = stackalloc float[S.TileRows * width];
        for (int k = 0; k < K; k += slice)
        {
            int depth = Math.Min(slice, K - k);
            for (int row = rowStart; row < rowEnd; row += S.TileRows)
            {
                int count = Math.Min(S.TileRows, rowEnd - row);
                float* a = A + (row * RowStride) + (k * ColumnStride);

                // What is long is read from afar: the next tile's rows of A, or of C.
                float* ahead = ColumnStride == 1 && K > N ? a + (S.TileRows * RowStride) : C + ((row + S.TileRows) * StrideC);
                for (int column = columnStart; column < columnEnd; column += width, ahead += depth * RegisterTile<S, V>.Line)
                {
                    Tile(a, k, depth, row, count, column, edge, ahead);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Tile(float* a, int k, int depth, int row, int count, int column, float* edge, float* ahead)
    {
        int width = 3 * S.Width, columns = Math.Min(width, N - column), vectors = (columns + S.Width - 1) / S.Width;
        bool accumulate = Add || k > 0;
        float* b = B + (k * StrideB) + column, c = C + (row * StrideC) + column;
        if (columns == vectors * S.Width && (count == S.TileRows || (count == 1 && vectors == 3)))
        {
            RegisterTile<S, V>.Product(a, RowStride, ColumnStride, b, StrideB, depth, c, StrideC, count, vectors, accumulate, ahead);
        }
        else
        {
            RegisterTile<S, V>.Product(a, RowStride, ColumnStride, b, StrideB, depth, edge, width, count, vectors, add: false, ahead);
            RegisterTile<S, V>.CopyEdge(edge, width, c, StrideC, count, columns, accumulate);
        }
    }
}
