// Register tiles of eight rows. Over A in tiles, as products pack it, every address is a constant from one pointer, and four steps of k
// share what the loop itself costs. Fewer instructions beside the multiply-adds matter most where a neighbour has half of the processor's
// issue slots.
// Sums are passed one by one, since the compiler keeps locals in registers but not the fields of a struct.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>Tiles of eight rows by three vectors.</summary>
internal static unsafe class EightRowTile<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    /// <summary>C[8, 3W] = A · B with A in tiles [k][8] and B in a panel. <paramref name="opaqueZero"/> is zero, but not for the compiler:
    /// it makes three pointers to A of one, so that a number that is used three times is not loaded into a register first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OverPanel<F>(float* a, float* b, int k, float* c, nint strideC, bool add, float* ahead, nint opaqueZero)
        where F : struct, IFetching
    {
        int w = 3 * S.Width;
        float* a1 = a + opaqueZero;
        float* a2 = a1 + opaqueZero;
        V c00 = S.Zero, c01 = S.Zero, c02 = S.Zero, c10 = S.Zero, c11 = S.Zero, c12 = S.Zero;
        V c20 = S.Zero, c21 = S.Zero, c22 = S.Zero, c30 = S.Zero, c31 = S.Zero, c32 = S.Zero;
        V c40 = S.Zero, c41 = S.Zero, c42 = S.Zero, c50 = S.Zero, c51 = S.Zero, c52 = S.Zero;
        V c60 = S.Zero, c61 = S.Zero, c62 = S.Zero, c70 = S.Zero, c71 = S.Zero, c72 = S.Zero;
        for (float* end = b + ((k & ~3) * (nint)w); b != end; b += 4 * w)
        {
            Step8<F>(a, a1, a2, 0, b, 0, ahead,
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32,
                ref c40, ref c41, ref c42, ref c50, ref c51, ref c52, ref c60, ref c61, ref c62, ref c70, ref c71, ref c72);
            Step8<F>(a, a1, a2, 8, b, w, ahead + RegisterTile<S, V>.Line,
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32,
                ref c40, ref c41, ref c42, ref c50, ref c51, ref c52, ref c60, ref c61, ref c62, ref c70, ref c71, ref c72);
            Step8<F>(a, a1, a2, 16, b, 2 * w, ahead + (2 * RegisterTile<S, V>.Line),
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32,
                ref c40, ref c41, ref c42, ref c50, ref c51, ref c52, ref c60, ref c61, ref c62, ref c70, ref c71, ref c72);
            Step8<F>(a, a1, a2, 24, b, 3 * w, ahead + (3 * RegisterTile<S, V>.Line),
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32,
                ref c40, ref c41, ref c42, ref c50, ref c51, ref c52, ref c60, ref c61, ref c62, ref c70, ref c71, ref c72);
            a += 32;
            a1 += 32;
            a2 += 32;
            if (F.StepsALine > 0) ahead += 4 * RegisterTile<S, V>.Line;
        }

        for (int rest = k & 3; rest > 0; rest--)
        {
            Step8<F>(a, a1, a2, 0, b, 0, ahead,
                ref c00, ref c01, ref c02, ref c10, ref c11, ref c12, ref c20, ref c21, ref c22, ref c30, ref c31, ref c32,
                ref c40, ref c41, ref c42, ref c50, ref c51, ref c52, ref c60, ref c61, ref c62, ref c70, ref c71, ref c72);
            a += 8;
            a1 += 8;
            a2 += 8;
            b += w;
            if (F.StepsALine > 0) ahead += RegisterTile<S, V>.Line;
        }

        TileMemory<S, V>.WriteFour(c, strideC, add, c00, c01, c02, c10, c11, c12, c20, c21, c22, c30, c31, c32);
        TileMemory<S, V>.WriteFour(c + (4 * strideC), strideC, add, c40, c41, c42, c50, c51, c52, c60, c61, c62, c70, c71, c72);
    }

    /// <summary>The same with A and B read through strides; 5 to 8 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Strided<F>(float* a, nint rowStride, nint columnStride, float* b, nint strideB, int k, float* c, nint strideC,
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
                TileMemory<S, V>.Prefetch(ahead);
                ahead += RegisterTile<S, V>.Line / F.StepsALine;
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

        TileMemory<S, V>.WriteFour(c, strideC, add, c00, c01, c02, c10, c11, c12, c20, c21, c22, c30, c31, c32);
        TileMemory<S, V>.WriteFour(c + (4 * strideC), strideC, add, c40, c41, c42, c50, c51, c52, c60, c61, c62, c70, c71, c72);
    }

    // One step of k: three vectors of B, and a broadcast number of A a row. Every other row's broadcast is part of the multiply-adds, each
    // through a pointer of its own so that the compiler does not make one broadcast of them: fewer instructions, where not all the
    // processor's issue slots are ours.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step8<F>(
        float* a, float* a1, float* a2, int i, float* b, int j, float* ahead,
        ref V c00, ref V c01, ref V c02, ref V c10, ref V c11, ref V c12,
        ref V c20, ref V c21, ref V c22, ref V c30, ref V c31, ref V c32,
        ref V c40, ref V c41, ref V c42, ref V c50, ref V c51, ref V c52,
        ref V c60, ref V c61, ref V c62, ref V c70, ref V c71, ref V c72)
        where F : struct, IFetching
    {
        if (F.StepsALine > 0) TileMemory<S, V>.Prefetch(ahead);
        V b0 = S.Load(b + j), b1 = S.Load(b + j + S.Width), b2 = S.Load(b + j + (2 * S.Width));
        V x = S.Splat(a[i]);
        c00 = S.MultiplyAdd(x, b0, c00);
        c01 = S.MultiplyAdd(x, b1, c01);
        c02 = S.MultiplyAdd(x, b2, c02);
        c10 = S.MultiplyAdd(S.Splat(a[i + 1]), b0, c10);
        c11 = S.MultiplyAdd(S.Splat(a1[i + 1]), b1, c11);
        c12 = S.MultiplyAdd(S.Splat(a2[i + 1]), b2, c12);
        x = S.Splat(a[i + 2]);
        c20 = S.MultiplyAdd(x, b0, c20);
        c21 = S.MultiplyAdd(x, b1, c21);
        c22 = S.MultiplyAdd(x, b2, c22);
        c30 = S.MultiplyAdd(S.Splat(a[i + 3]), b0, c30);
        c31 = S.MultiplyAdd(S.Splat(a1[i + 3]), b1, c31);
        c32 = S.MultiplyAdd(S.Splat(a2[i + 3]), b2, c32);
        x = S.Splat(a[i + 4]);
        c40 = S.MultiplyAdd(x, b0, c40);
        c41 = S.MultiplyAdd(x, b1, c41);
        c42 = S.MultiplyAdd(x, b2, c42);
        c50 = S.MultiplyAdd(S.Splat(a[i + 5]), b0, c50);
        c51 = S.MultiplyAdd(S.Splat(a1[i + 5]), b1, c51);
        c52 = S.MultiplyAdd(S.Splat(a2[i + 5]), b2, c52);
        x = S.Splat(a[i + 6]);
        c60 = S.MultiplyAdd(x, b0, c60);
        c61 = S.MultiplyAdd(x, b1, c61);
        c62 = S.MultiplyAdd(x, b2, c62);
        c70 = S.MultiplyAdd(S.Splat(a[i + 7]), b0, c70);
        c71 = S.MultiplyAdd(S.Splat(a1[i + 7]), b1, c71);
        c72 = S.MultiplyAdd(S.Splat(a2[i + 7]), b2, c72);
    }
}
