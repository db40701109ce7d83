// Register tiles of four rows. Over a whole panel of B, with A in tiles as products pack it or in rows as the states of a GRU lie: eight
// steps of k share what the loop itself costs. Four rows have 19 instructions for 12 multiply-adds a step, so the loop's own, four or five,
// are worth sharing most where a neighbour has half of the processor's issue slots (GRU layers 1.04 to 1.06 times as fast).

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>Tiles of four rows by three vectors.</summary>
internal static unsafe class FourRowTile<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    /// <summary>C[rows, 3W] = A · B with B in a panel; 1 to 4 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OverPanel<L, F>(float* a, nint rowStride, float* b, int k, float* c, nint strideC, int rows, bool add, float* ahead)
        where L : struct, IColumnStride
        where F : struct, IFetching
    {
        int w = 3 * S.Width;
        float* a1 = rows > 1 ? a + rowStride : a;
        float* a2 = rows > 2 ? a1 + rowStride : a1;
        float* a3 = rows > 3 ? a2 + rowStride : a2;
        V c00 = S.Zero, c01 = S.Zero, c02 = S.Zero, c10 = S.Zero, c11 = S.Zero, c12 = S.Zero;
        V c20 = S.Zero, c21 = S.Zero, c22 = S.Zero, c30 = S.Zero, c31 = S.Zero, c32 = S.Zero;
        nint p = 0;
        for (float* end = b + ((k & ~7) * (nint)w); b != end; b += 8 * w)
        {
            Step4<L, F>(a, a1, a2, a3, p, 0, b, ahead,
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
            Step4<L, F>(a, a1, a2, a3, p, 1, b, ahead,
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
            Step4<L, F>(a, a1, a2, a3, p, 2, b, ahead,
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
            Step4<L, F>(a, a1, a2, a3, p, 3, b, ahead,
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
            Step4<L, F>(a, a1, a2, a3, p, 4, b, ahead,
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
            Step4<L, F>(a, a1, a2, a3, p, 5, b, ahead,
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
            Step4<L, F>(a, a1, a2, a3, p, 6, b, ahead,
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
            Step4<L, F>(a, a1, a2, a3, p, 7, b, ahead,
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
            p += 8 * L.Floats;
            if (F.StepsALine > 0) ahead += 8 / F.StepsALine * RegisterTile<S, V>.Line;
        }

        for (int rest = k & 7; rest > 0; rest--)
        {
            Step4<L, NotFetching>(a, a1, a2, a3, p, 0, b, ahead,
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32);
            p += L.Floats;
            b += w;
        }

        TileMemory<S, V>.WriteFour(c, strideC, add, c00, c01, c02, c10, c11, c12, c20, c21, c22, c30, c31, c32);
    }

    /// <summary>The same with A and B read through strides.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Strided<F>(float* a, nint rowStride, nint columnStride, float* b, nint strideB, int k, float* c, nint strideC,
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
            if (F.StepsALine > 0) ahead += RegisterTile<S, V>.Line / F.StepsALine;
            p += columnStride;
        }

        TileMemory<S, V>.WriteFour(c, strideC, add, c00, c01, c02, c10, c11, c12, c20, c21, c22, c30, c31, c32);
    }

    // Step i of those that share a loop: three vectors of B, and a broadcast number of A a row.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step4<L, F>(
        float* a, float* a1, float* a2, float* a3, nint p, int i, float* b, float* ahead,
        ref V c00, ref V c01, ref V c02, ref V c10, ref V c11, ref V c12,
        ref V c20, ref V c21, ref V c22, ref V c30, ref V c31, ref V c32)
        where L : struct, IColumnStride
        where F : struct, IFetching
    {
        if (F.StepsALine > 0 && i % F.StepsALine == 0) TileMemory<S, V>.Prefetch(ahead + (i / F.StepsALine * RegisterTile<S, V>.Line));
        b += i * 3 * S.Width;
        p += i * L.Floats;
        V b0 = S.Load(b), b1 = S.Load(b + S.Width), b2 = S.Load(b + (2 * S.Width));
        V x = S.Splat(a[p]);
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
    }
}
