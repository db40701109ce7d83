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
    /// <summary>tiles[i / R][p][i % R] = a[i·stride + p] for <paramref name="rows"/> rows i and <paramref name="depth"/> columns p; R is <paramref name="tileRows"/>, a multiple of 4.</summary>
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
                for (int i = 0; i < last; i++) to[((nint)p * tileRows) + i] = from[(i * stride) + p];
        }
    }

    /// <summary>tiles[i / R][p][i % R] = a[p·stride + i] for <paramref name="rows"/> columns i and <paramref name="depth"/> rows p of a; R is <paramref name="tileRows"/>, 4 or 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromColumns(float* a, nint stride, int rows, int depth, int tileRows, float* tiles)
    {
        int full = rows - (rows % tileRows);
        nint tile = (nint)tileRows * depth;
        for (int p = 0; p < depth; p++, a += stride, tiles += tileRows)
        {
            float* to = tiles;
            if (tileRows == 8)
            {
                for (int i = 0; i < full; i += 8, to += tile) *(Eight*)to = *(Eight*)(a + i);
            }
            else
            {
                for (int i = 0; i < full; i += 4, to += tile) *(Four*)to = *(Four*)(a + i);
            }

            for (int i = full; i < rows; i++) to[i - full] = a[i];
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
            var t0 = Sse.UnpackLow(r0, r1);
            var t1 = Sse.UnpackLow(r2, r3);
            var t2 = Sse.UnpackHigh(r0, r1);
            var t3 = Sse.UnpackHigh(r2, r3);
            Sse.MoveLowToHigh(t0, t1).Store(to);
            Sse.MoveHighToLow(t1, t0).Store(to + toStride);
            Sse.MoveLowToHigh(t2, t3).Store(to + (2 * toStride));
            Sse.MoveHighToLow(t3, t2).Store(to + (3 * toStride));
            return;
        }

        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++) to[(j * toStride) + i] = from[(i * fromStride) + j];
    }

    [InlineArray(4)]
    private struct Four
    {
        private float first;
    }

    [InlineArray(8)]
    private struct Eight
    {
        private float first;
    }
}
