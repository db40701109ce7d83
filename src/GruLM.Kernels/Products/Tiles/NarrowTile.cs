// Register tiles at the right edge of a matrix, where a panel has but one or two vectors of columns left. Of 512 columns that is one in
// sixteen, and two single vectors would take 1.4 times as long as one tile of two.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>Tiles of one or two vectors' width.</summary>
internal static unsafe class NarrowTile<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    // Sixteen sums, or eight: in registers with room to spare, and none waits for itself.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TwoColumns(float* a, nint rowStride, nint columnStride, float* b, nint strideB, int k, float* c, nint strideC,
        int rows, bool add)
    {
        int w = S.Width;
        float* a1 = rows > 1 ? a + rowStride : a;
        float* a2 = rows > 2 ? a1 + rowStride : a1;
        float* a3 = rows > 3 ? a2 + rowStride : a2;
        float* a4 = rows > 4 ? a3 + rowStride : a3;
        float* a5 = rows > 5 ? a4 + rowStride : a4;
        float* a6 = rows > 6 ? a5 + rowStride : a5;
        float* a7 = rows > 7 ? a6 + rowStride : a6;
        V c00 = S.Zero, c01 = S.Zero, c10 = S.Zero, c11 = S.Zero, c20 = S.Zero, c21 = S.Zero, c30 = S.Zero, c31 = S.Zero;
        V c40 = S.Zero, c41 = S.Zero, c50 = S.Zero, c51 = S.Zero, c60 = S.Zero, c61 = S.Zero, c70 = S.Zero, c71 = S.Zero;
        nint p = 0;
        for (float* end = b + (k * strideB); b != end; b += strideB)
        {
            V b0 = S.Load(b), b1 = S.Load(b + w);
            V x = S.Splat(a[p]);
            c00 = S.MultiplyAdd(x, b0, c00);
            c01 = S.MultiplyAdd(x, b1, c01);
            x = S.Splat(a1[p]);
            c10 = S.MultiplyAdd(x, b0, c10);
            c11 = S.MultiplyAdd(x, b1, c11);
            x = S.Splat(a2[p]);
            c20 = S.MultiplyAdd(x, b0, c20);
            c21 = S.MultiplyAdd(x, b1, c21);
            x = S.Splat(a3[p]);
            c30 = S.MultiplyAdd(x, b0, c30);
            c31 = S.MultiplyAdd(x, b1, c31);
            if (S.TileRows == 8)
            {
                x = S.Splat(a4[p]);
                c40 = S.MultiplyAdd(x, b0, c40);
                c41 = S.MultiplyAdd(x, b1, c41);
                x = S.Splat(a5[p]);
                c50 = S.MultiplyAdd(x, b0, c50);
                c51 = S.MultiplyAdd(x, b1, c51);
                x = S.Splat(a6[p]);
                c60 = S.MultiplyAdd(x, b0, c60);
                c61 = S.MultiplyAdd(x, b1, c61);
                x = S.Splat(a7[p]);
                c70 = S.MultiplyAdd(x, b0, c70);
                c71 = S.MultiplyAdd(x, b1, c71);
            }

            p += columnStride;
        }

        StoreVectors(c, c00, c01, add);
        StoreVectors(c += strideC, c10, c11, add);
        StoreVectors(c += strideC, c20, c21, add);
        StoreVectors(c += strideC, c30, c31, add);
        if (S.TileRows != 8 || rows <= 4) return;
        StoreVectors(c += strideC, c40, c41, add);
        StoreVectors(c += strideC, c50, c51, add);
        StoreVectors(c += strideC, c60, c61, add);
        StoreVectors(c += strideC, c70, c71, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreVectors(float* c, V x0, V x1, bool add)
    {
        StoreVector(c, x0, add);
        StoreVector(c + S.Width, x1, add);
    }

    // One vector of columns, for the edge where a panel is not full: with eight rows just enough sums not to wait for one another.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OneColumn(float* a, nint rowStride, nint columnStride, float* b, nint strideB, int k, float* c, nint strideC,
        int rows, bool add)
    {
        float* a1 = rows > 1 ? a + rowStride : a;
        float* a2 = rows > 2 ? a1 + rowStride : a1;
        float* a3 = rows > 3 ? a2 + rowStride : a2;
        float* a4 = rows > 4 ? a3 + rowStride : a3;
        float* a5 = rows > 5 ? a4 + rowStride : a4;
        float* a6 = rows > 6 ? a5 + rowStride : a5;
        float* a7 = rows > 7 ? a6 + rowStride : a6;
        V c0 = S.Zero, c1 = S.Zero, c2 = S.Zero, c3 = S.Zero, c4 = S.Zero, c5 = S.Zero, c6 = S.Zero, c7 = S.Zero;
        nint p = 0;
        for (float* end = b + (k * strideB); b != end; b += strideB)
        {
            V x = S.Load(b);
            c0 = S.MultiplyAdd(S.Splat(a[p]), x, c0);
            c1 = S.MultiplyAdd(S.Splat(a1[p]), x, c1);
            c2 = S.MultiplyAdd(S.Splat(a2[p]), x, c2);
            c3 = S.MultiplyAdd(S.Splat(a3[p]), x, c3);
            if (S.TileRows == 8)
            {
                c4 = S.MultiplyAdd(S.Splat(a4[p]), x, c4);
                c5 = S.MultiplyAdd(S.Splat(a5[p]), x, c5);
                c6 = S.MultiplyAdd(S.Splat(a6[p]), x, c6);
                c7 = S.MultiplyAdd(S.Splat(a7[p]), x, c7);
            }

            p += columnStride;
        }

        StoreVector(c, c0, add);
        StoreVector(c += strideC, c1, add);
        StoreVector(c += strideC, c2, add);
        StoreVector(c += strideC, c3, add);
        if (S.TileRows != 8 || rows <= 4) return;
        StoreVector(c += strideC, c4, add);
        StoreVector(c += strideC, c5, add);
        StoreVector(c += strideC, c6, add);
        StoreVector(c += strideC, c7, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreVector(float* c, V x, bool add) => S.Store(c, add ? S.Add(S.Load(c), x) : x);
}
