// Packing of a right-hand matrix into panels of three vectors' width, from the rows of its source.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>Some rows of some panels.</summary>
internal unsafe struct RowPacking<S, V> : IParallelJob
    where S : struct, ISimd<V>
    where V : unmanaged
{
    // As many rows as the processor follows at once when it reads ahead.
    public const int Rows = 16;
    public const int PanelsAtOnce = 64;
    public float* Source, Data;
    public nint Stride;
    public int* RowOf;
    public int Columns, K, Panels, RowBlocks;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Execute(int item, int thread)
    {
        int start = item % RowBlocks * Rows, end = Math.Min(K, start + Rows);
        int first = item / RowBlocks * PanelsAtOnce, last = Math.Min(Panels, first + PanelsAtOnce);
        for (int panel = first; panel < last; panel++) Pack(panel, start, end);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Pack(int panel, int start, int end)
    {
        int width = 3 * S.Width, column = panel * width, columns = Math.Clamp(Columns - column, 0, width);
        float* to = Data + ((nint)panel * width * K) + ((nint)start * width);
        for (int p = start; p < end; p++, to += width)
        {
            int row = RowOf == null ? p : RowOf[p];
            float* from = Source + (row * Stride) + column;
            if (row >= 0 && columns == width)
            {
                S.Store(to, S.Load(from));
                S.Store(to + S.Width, S.Load(from + S.Width));
                S.Store(to + (2 * S.Width), S.Load(from + (2 * S.Width)));
                continue;
            }

            S.Store(to, S.Zero);
            S.Store(to + S.Width, S.Zero);
            S.Store(to + (2 * S.Width), S.Zero);
            for (int j = 0; row >= 0 && j < columns; j++) to[j] = from[j];
        }
    }
}
