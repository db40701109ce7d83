// The register tile of a single row: even and odd k apart, since three sums alone would wait for themselves.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>Tiles of one row by three vectors.</summary>
internal static unsafe class OneRowTile<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Product(float* a, nint columnStride, float* b, nint strideB, int k, float* c, bool add, float* ahead)
    {
        // Even and odd k apart: three sums alone would wait for themselves.
        int w = S.Width;
        V c0 = S.Zero, c1 = S.Zero, c2 = S.Zero, d0 = S.Zero, d1 = S.Zero, d2 = S.Zero;
        for (float* end = b + ((k & ~1) * strideB); b != end; b += 2 * strideB)
        {
            TileMemory<S, V>.Prefetch(ahead);
            TileMemory<S, V>.Prefetch(ahead + RegisterTile<S, V>.Line);
            ahead += 2 * RegisterTile<S, V>.Line;
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
            TileMemory<S, V>.AddRow(c, S.Add(c0, d0), S.Add(c1, d1), S.Add(c2, d2));
        }
        else
        {
            TileMemory<S, V>.StoreRow(c, S.Add(c0, d0), S.Add(c1, d1), S.Add(c2, d2));
        }
    }
}
