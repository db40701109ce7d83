// The innermost loop of every matrix product: a tile of TileRows x 3 vectors of C lives in registers while k runs,
// each step loading three vectors of packed B and broadcasting one number of A a row (the outer-product form of
// Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008).
// A is read in place through a row and a column stride, so neither orientation needs a copy. The tile's three
// columns of vectors suit a GRU as well: packed gate by gate they are r, z and n of the same units.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Register tiles for the vector width <typeparamref name="S"/>.</summary>
public static unsafe partial class RegisterTile<S, V>
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
        if (vectors == 1) OneColumn(a, rowStride, columnStride, b, strideB, k, c, strideC, rows, add);
        else if (vectors == 2) TwoColumns(a, rowStride, columnStride, b, strideB, k, c, strideC, rows, add);
        else if (rows == 1) Rows1(a, columnStride, b, strideB, k, c, add, ahead);
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
            Tile8<F>(a, b, k, c, strideC, add, ahead, rowStride - 1);
        }
        else if (S.TileRows == 8 && rows > 4)
        {
            Rows8<F>(a, rowStride, columnStride, b, strideB, k, c, strideC, rows, add, ahead);
        }
        else if (panel && columnStride == 1)
        {
            Panel4<InRows, F>(a, rowStride, b, k, c, strideC, rows, add, ahead);
        }
        else if (panel && columnStride == 4)
        {
            Panel4<InTiles, F>(a, rowStride, b, k, c, strideC, rows, add, ahead);
        }
        else
        {
            Rows4<F>(a, rowStride, columnStride, b, strideB, k, c, strideC, rows, add, ahead);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8<F>(float* a, nint rowStride, nint columnStride, float* b, nint strideB, int k, float* c, nint strideC,
        int rows, bool add, float* ahead)
        where F : struct, IFetching
    {
        int w = S.Width;

        // Rows beyond the last read the last again: harmless, and no branch in the loop.
        float* a0 = a;
        float* a1 = a + rowStride;
        float* a2 = a1 + rowStride;
        float* a3 = a2 + rowStride;
        float* a4 = a3 + rowStride;
        float* a5 = rows > 5 ? a4 + rowStride : a4;
        float* a6 = rows > 6 ? a5 + rowStride : a5;
        float* a7 = rows > 7 ? a6 + rowStride : a6;
        V c00 = S.Zero, c01 = S.Zero, c02 = S.Zero, c10 = S.Zero, c11 = S.Zero, c12 = S.Zero;
        V c20 = S.Zero, c21 = S.Zero, c22 = S.Zero, c30 = S.Zero, c31 = S.Zero, c32 = S.Zero;
        V c40 = S.Zero, c41 = S.Zero, c42 = S.Zero, c50 = S.Zero, c51 = S.Zero, c52 = S.Zero;
        V c60 = S.Zero, c61 = S.Zero, c62 = S.Zero, c70 = S.Zero, c71 = S.Zero, c72 = S.Zero;
        nint p = 0;
        for (float* end = b + (k * strideB); b != end; b += strideB)
        {
            if (F.StepsALine > 0)
            {
                Prefetch(ahead);
                ahead += Line / F.StepsALine;
            }

            V b0 = S.Load(b), b1 = S.Load(b + w), b2 = S.Load(b + (2 * w));
            V x = S.Splat(a0[p]);
            c00 = S.MultiplyAdd(x, b0, c00);
            c01 = S.MultiplyAdd(x, b1, c01);
            c02 = S.MultiplyAdd(x, b2, c02);
            x = S.Splat(a1[p]);
            c10 = S.MultiplyAdd(x, b0, c10);
            c11 = S.MultiplyAdd(x, b1, c11);
            c12 = S.MultiplyAdd(x, b2, c12);
            x = S.Splat(a2[p]);
            c20 = S.MultiplyAdd(x, b0, c20);
            c21 = S.MultiplyAdd(x, b1, c21);
            c22 = S.MultiplyAdd(x, b2, c22);
            x = S.Splat(a3[p]);
            c30 = S.MultiplyAdd(x, b0, c30);
            c31 = S.MultiplyAdd(x, b1, c31);
            c32 = S.MultiplyAdd(x, b2, c32);
            x = S.Splat(a4[p]);
            c40 = S.MultiplyAdd(x, b0, c40);
            c41 = S.MultiplyAdd(x, b1, c41);
            c42 = S.MultiplyAdd(x, b2, c42);
            x = S.Splat(a5[p]);
            c50 = S.MultiplyAdd(x, b0, c50);
            c51 = S.MultiplyAdd(x, b1, c51);
            c52 = S.MultiplyAdd(x, b2, c52);
            x = S.Splat(a6[p]);
            c60 = S.MultiplyAdd(x, b0, c60);
            c61 = S.MultiplyAdd(x, b1, c61);
            c62 = S.MultiplyAdd(x, b2, c62);
            x = S.Splat(a7[p]);
            c70 = S.MultiplyAdd(x, b0, c70);
            c71 = S.MultiplyAdd(x, b1, c71);
            c72 = S.MultiplyAdd(x, b2, c72);
            p += columnStride;
        }

        Write4(c, strideC, add, c00, c01, c02, c10, c11, c12, c20, c21, c22, c30, c31, c32);
        Write4(c + (4 * strideC), strideC, add, c40, c41, c42, c50, c51, c52, c60, c61, c62, c70, c71, c72);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4<F>(float* a, nint rowStride, nint columnStride, float* b, nint strideB, int k, float* c, nint strideC,
        int rows, bool add, float* ahead)
        where F : struct, IFetching
    {
        float* a0 = a;
        float* a1 = rows > 1 ? a0 + rowStride : a0;
        float* a2 = rows > 2 ? a1 + rowStride : a1;
        float* a3 = rows > 3 ? a2 + rowStride : a2;
        V c00 = S.Zero, c01 = S.Zero, c02 = S.Zero, c10 = S.Zero, c11 = S.Zero, c12 = S.Zero;
        V c20 = S.Zero, c21 = S.Zero, c22 = S.Zero, c30 = S.Zero, c31 = S.Zero, c32 = S.Zero;
        nint p = 0;
        for (float* end = b + (k * strideB); b != end; b += strideB)
        {
            Step4<InRows, F>(a0, a1, a2, a3, p, 0, b, ahead,
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
            if (F.StepsALine > 0) ahead += Line / F.StepsALine;
            p += columnStride;
        }

        Write4(c, strideC, add, c00, c01, c02, c10, c11, c12, c20, c21, c22, c30, c31, c32);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1(float* a, nint columnStride, float* b, nint strideB, int k, float* c, bool add, float* ahead)
    {
        // Even and odd k apart: three sums alone would wait for themselves.
        int w = S.Width;
        V c0 = S.Zero, c1 = S.Zero, c2 = S.Zero, d0 = S.Zero, d1 = S.Zero, d2 = S.Zero;
        for (float* end = b + ((k & ~1) * strideB); b != end; b += 2 * strideB)
        {
            Prefetch(ahead);
            Prefetch(ahead + Line);
            ahead += 2 * Line;
            V x = S.Splat(*a), y = S.Splat(a[columnStride]);
            c0 = S.MultiplyAdd(x, S.Load(b), c0);
            c1 = S.MultiplyAdd(x, S.Load(b + w), c1);
            c2 = S.MultiplyAdd(x, S.Load(b + (2 * w)), c2);
            d0 = S.MultiplyAdd(y, S.Load(b + strideB), d0);
            d1 = S.MultiplyAdd(y, S.Load(b + strideB + w), d1);
            d2 = S.MultiplyAdd(y, S.Load(b + strideB + (2 * w)), d2);
            a += 2 * columnStride;
        }

        if ((k & 1) != 0)
        {
            V x = S.Splat(*a);
            c0 = S.MultiplyAdd(x, S.Load(b), c0);
            c1 = S.MultiplyAdd(x, S.Load(b + w), c1);
            c2 = S.MultiplyAdd(x, S.Load(b + (2 * w)), c2);
        }

        if (add)
        {
            AddRow(c, S.Add(c0, d0), S.Add(c1, d1), S.Add(c2, d2));
        }
        else
        {
            StoreRow(c, S.Add(c0, d0), S.Add(c1, d1), S.Add(c2, d2));
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

    // Into the second-level cache: the first is full of what is being read now.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(float* line)
    {
        if (Sse.IsSupported) Sse.Prefetch1(line);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(float* c, V x0, V x1, V x2)
    {
        S.Store(c, x0);
        S.Store(c + S.Width, x1);
        S.Store(c + (2 * S.Width), x2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(float* c, V x0, V x1, V x2) =>
        StoreRow(c, S.Add(S.Load(c), x0), S.Add(S.Load(c + S.Width), x1), S.Add(S.Load(c + (2 * S.Width)), x2));
}
