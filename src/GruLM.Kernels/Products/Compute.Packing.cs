// Packing of the right-hand matrix: into panels of three vectors' width, from rows or from columns of the source.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

public sealed unsafe partial class Compute<S, V>
{
    /// <inheritdoc/>
    public override void PackRows(float* source, nint stride, int sourceColumns, int* rowOf, PackedMatrix destination)
    {
        var job = new PackRowsJob
        {
            Source = source,
            Stride = stride,
            Columns = sourceColumns,
            RowOf = rowOf,
            K = destination.K,
            Data = destination.Panel(0),
            Panels = destination.Panels,
            RowBlocks = (destination.K + PackRowsJob.Rows - 1) / PackRowsJob.Rows,
        };
        Team.Run(ref job, job.RowBlocks * ((destination.Panels + PackRowsJob.PanelsAtOnce - 1) / PackRowsJob.PanelsAtOnce));
    }

    /// <inheritdoc/>
    public override void PackTransposed(float* source, nint stride, int sourceDepth, int* columnOf, PackedMatrix destination)
    {
        var job = new PackTransposedJob
        {
            Source = source,
            Stride = stride,
            Depth = Math.Min(sourceDepth, destination.K),
            ColumnOf = columnOf,
            K = destination.K,
            N = destination.N,
            Data = destination.Panel(0),
        };
        Team.Run(ref job, destination.Panels);
    }

    private struct PackRowsJob : IParallelJob
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

    private struct PackTransposedJob : IParallelJob
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
}
