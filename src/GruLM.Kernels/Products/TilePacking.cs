// The left-hand matrix of a product as register tiles read it: [tile][k][rows of a tile]. From rows it is a transposition,
// four by four numbers in registers where the processor has the instructions; from columns (a matrix that is used
// transposed) it is plain copying. Rows that the last tile has beyond the matrix are left as they are.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Packs blocks of a left-hand matrix into tiles.</summary>
internal static unsafe class TilePacking
{
    /// <summary>tiles[i / R][p][i % R] = a[i·stride + p] for <paramref name="rows"/> rows i and <paramref name="depth"/> columns p; R is
    /// <paramref name="tileRows"/>, a multiple of 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromRows(float* a, nint stride, int rows, int depth, int tileRows, float* tiles)
    {
        for (int row = 0; row < rows; row += 4)
        {
            float* from = a + (row * stride);
            float* to = tiles + ((nint)(row / tileRows) * tileRows * depth) + (row % tileRows);
            int p = 0;
            if (row + 4 <= rows)
            {
                for (; p + 4 <= depth; p += 4) Transpose(from + p, stride, to + ((nint)p * tileRows), tileRows);
            }

            int last = Math.Min(4, rows - row);
            for (; p < depth; p++)
            {
                for (int i = 0; i < last; i++) to[((nint)p * tileRows) + i] = from[(i * stride) + p];
            }
        }
    }

    /// <summary>tiles[i / R][p][i % R] = a[p·stride + i] for <paramref name="rows"/> columns i and <paramref name="depth"/> rows p of a; R
    /// is <paramref name="tileRows"/>, 4 or 8.</summary>
    public static void FromColumns(float* a, nint stride, int rows, int depth, int tileRows, float* tiles)
    {
        int full = rows - (rows % tileRows);
        if (tileRows == 8) Copy<Eight>(a, stride, full, depth, tiles);
        else Copy<Four>(a, stride, full, depth, tiles);
        tiles += (nint)full * depth;
        for (int p = 0; p < depth; p++, a += stride, tiles += tileRows)
        {
            for (int i = full; i < rows; i++) tiles[i - full] = a[i];
        }
    }

    // Whole tiles, eight rows of a at a time: where a tile's depth is a power of two the same place in all tiles is in the same set of the
    // first-level cache, which has fewer ways than there are tiles, and a line that is written a part at a time would be thrown out in
    // between (2 to 4 times as slow).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy<T>(float* a, nint stride, int rows, int depth, float* tiles)
        where T : unmanaged
    {
        int tileRows = sizeof(T) / sizeof(float);
        for (int p = 0; p < depth; p += 8, a += 8 * stride)
        {
            T* to = (T*)tiles + p;
            for (int i = 0; i < rows; i += tileRows, to += depth)
            {
                float* from = a + i;
                if (p + 8 > depth)
                {
                    for (int q = 0; q < depth - p; q++) to[q] = *(T*)(from + (q * stride));
                    continue;
                }

                to[0] = *(T*)from;
                to[1] = *(T*)(from += stride);
                to[2] = *(T*)(from += stride);
                to[3] = *(T*)(from += stride);
                to[4] = *(T*)(from += stride);
                to[5] = *(T*)(from += stride);
                to[6] = *(T*)(from += stride);
                to[7] = *(T*)(from + stride);
            }
        }
    }

    /// <summary>to[j·toStride + i] = from[i·fromStride + j] for i and j below 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(float* from, nint fromStride, float* to, nint toStride)
    {
        if (Sse.IsSupported)
        {
            var r0 = Vector128.Load(from);
            var r1 = Vector128.Load(from + fromStride);
            var r2 = Vector128.Load(from + (2 * fromStride));
            var r3 = Vector128.Load(from + (3 * fromStride));
            Vector128<float> t0 = Sse.UnpackLow(r0, r1);
            Vector128<float> t1 = Sse.UnpackLow(r2, r3);
            Vector128<float> t2 = Sse.UnpackHigh(r0, r1);
            Vector128<float> t3 = Sse.UnpackHigh(r2, r3);
            Sse.MoveLowToHigh(t0, t1).Store(to);
            Sse.MoveHighToLow(t1, t0).Store(to + toStride);
            Sse.MoveLowToHigh(t2, t3).Store(to + (2 * toStride));
            Sse.MoveHighToLow(t3, t2).Store(to + (3 * toStride));
            return;
        }

        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < 4; j++) to[(j * toStride) + i] = from[(i * fromStride) + j];
        }
    }

    [InlineArray(4)]
    private struct Four
    {
        private float _first;
    }

    [InlineArray(8)]
    private struct Eight
    {
        private float _first;
    }
}
