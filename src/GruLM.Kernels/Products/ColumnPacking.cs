// Packing of a right-hand matrix into panels of three vectors' width, from the rows of its transpose.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>One panel.</summary>
internal unsafe struct ColumnPacking<S, V> : IParallelJob
    where S : struct, ISimd<V>
    where V : unmanaged
{
    public float* Source, Data;
    public nint Stride;
    public int* ColumnOf;
    public int Depth, K, N;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Execute(int item, int thread)
    {
        // Four columns at a time, as deep as both their rows and the lines they are written to stay in the first-level cache.
        const int Deep = 128;
        int width = 3 * S.Width, first = item * width;
        float* panel = Data + ((nint)item * width * K);
        for (int p = 0; p < K; p += Deep)
        {
            int filled = Math.Clamp(Depth - p, 0, Deep), depth = Math.Min(Deep, K - p);
            float* to = panel + ((nint)p * width);
            int j = 0;
            while (j < width)
            {
                int row = RowOf(first + j);
                bool four = row >= 0 && j + 4 <= width && RowOf(first + j + 1) == row + 1 && RowOf(first + j + 2) == row + 2
                    && RowOf(first + j + 3) == row + 3;
                if (four) Four(Source + (row * Stride) + p, filled, depth, to + j, width);
                else One(row < 0 ? null : Source + (row * Stride) + p, row < 0 ? 0 : filled, depth, to + j, width);
                j += four ? 4 : 1;
            }
        }
    }

    private readonly int RowOf(int column) => column >= N ? -1 : ColumnOf == null ? column : ColumnOf[column];

    private readonly void Four(float* from, int filled, int depth, float* to, int width)
    {
        int p = 0;
        for (; p + 4 <= filled; p += 4) TilePacking.Transpose(from + p, Stride, to + ((nint)p * width), width);
        for (int i = 0; i < 4; i++) One(from + (i * Stride) + p, filled - p, depth - p, to + ((nint)p * width) + i, width);
    }

    private static void One(float* from, int filled, int depth, float* to, int width)
    {
        for (int p = 0; p < depth; p++, to += width) *to = p < filled ? from[p] : 0;
    }
}
