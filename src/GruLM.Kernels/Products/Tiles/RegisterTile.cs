// The innermost loop of every matrix product: a tile of TileRows x 3 vectors of C lives in registers while k runs,
// each step loading three vectors of packed B and broadcasting one number of A a row (the outer-product form of
// Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008).
// A is read in place through a row and a column stride, so neither orientation needs a copy. The tile's three
// columns of vectors suit a GRU as well: packed gate by gate they are r, z and n of the same units.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Register tiles for the vector width <typeparamref name="S"/>.</summary>
internal static unsafe class RegisterTile<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    /// <summary>Floats in a cache line: what one fetch brings.</summary>
    public const int Line = 16;

    /// <summary>C[rows, 3W] = A[rows, k] · B[k, 3W], or C += when <paramref name="add"/>. At most <see cref="ISimd{V}.TileRows"/> rows; of
    /// the three vectors of columns only the first <paramref name="vectors"/> are read and computed. Rows of B are
    /// <paramref name="strideB"/> floats apart: 3W in a panel. A's element (i, p) is <c>a[i·rowStride + p·columnStride]</c>; rows beyond
    /// <paramref name="rows"/> of C are scratch and must be writable.
    /// <paramref name="ahead"/> is memory that will be read soon: it is fetched meanwhile, a <see cref="Line"/> every
    /// <paramref name="stepsALine"/> (1 or 4) steps of k. May be null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Product(
        float* a, nint rowStride, nint columnStride, float* b, nint strideB, int k, float* c, nint strideC, int rows, int vectors, bool add,
        float* ahead, int stepsALine = 1)
    {
        if (vectors == 1) NarrowTile<S, V>.OneColumn(a, rowStride, columnStride, b, strideB, k, c, strideC, rows, add);
        else if (vectors == 2) NarrowTile<S, V>.TwoColumns(a, rowStride, columnStride, b, strideB, k, c, strideC, rows, add);
        else if (rows == 1) OneRowTile<S, V>.Product(a, columnStride, b, strideB, k, c, add, ahead);
        else if (ahead == null) Rows<NotFetching>(a, rowStride, columnStride, b, strideB, k, c, strideC, rows, add, ahead);
        else if (stepsALine > 1) Rows<FetchingSeldom>(a, rowStride, columnStride, b, strideB, k, c, strideC, rows, add, ahead);
        else Rows<Fetching>(a, rowStride, columnStride, b, strideB, k, c, strideC, rows, add, ahead);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rows<F>(float* a, nint rowStride, nint columnStride, float* b, nint strideB, int k, float* c, nint strideC,
        int rows, bool add, float* ahead)
        where F : struct, IFetching
    {
        bool panel = strideB == 3 * S.Width;
        if (S.TileRows == 8 && panel && rowStride == 1 && columnStride == 8 && rows == 8)
        {
            // rowStride − 1 is zero here, which the compiler cannot know.
            EightRowTile<S, V>.OverPanel<F>(a, b, k, c, strideC, add, ahead, rowStride - 1);
        }
        else if (S.TileRows == 8 && rows > 4)
        {
            EightRowTile<S, V>.Strided<F>(a, rowStride, columnStride, b, strideB, k, c, strideC, rows, add, ahead);
        }
        else if (panel && columnStride == 1)
        {
            FourRowTile<S, V>.OverPanel<InRows, F>(a, rowStride, b, k, c, strideC, rows, add, ahead);
        }
        else if (panel && columnStride == 4)
        {
            FourRowTile<S, V>.OverPanel<InTiles, F>(a, rowStride, b, k, c, strideC, rows, add, ahead);
        }
        else
        {
            FourRowTile<S, V>.Strided<F>(a, rowStride, columnStride, b, strideB, k, c, strideC, rows, add, ahead);
        }
    }

    /// <summary>Fetches a tile of C that will be added to or overwritten once the sums are done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fetch(float* c, nint strideC, int rows)
    {
        if (!Sse.IsSupported) return;
        for (int i = 0; i < rows; i++, c += strideC)
        {
            for (int j = 0; j < 3 * S.Width; j += Line) Sse.Prefetch0(c + j);
            Sse.Prefetch0(c + (3 * S.Width) - 1);
        }
    }

    /// <summary>Fetches the vector at <paramref name="at"/>, which will be read or overwritten soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FetchVector(float* at)
    {
        if (Sse.IsSupported) Sse.Prefetch0(at);
    }

    // From a tile of its own to that part of C which is there.
    internal static void CopyEdge(float* edge, int width, float* c, nint strideC, int rows, int columns, bool add)
    {
        for (int i = 0; i < rows; i++, edge += width, c += strideC)
        {
            int j = 0;
            for (; j + S.Width <= columns; j += S.Width)
            {
                S.Store(c + j, add ? S.Add(S.Load(c + j), S.Load(edge + j)) : S.Load(edge + j));
            }

            for (; j < columns; j++) c[j] = add ? c[j] + edge[j] : edge[j];
        }
    }
}
