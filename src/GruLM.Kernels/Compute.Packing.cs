// Packing of the right-hand matrix: into panels of three vectors' width, from rows or from columns of the source.

namespace GruLM.Kernels;

public sealed unsafe partial class Compute<S, V>
{
    /// <inheritdoc/>
    public override void PackRows(float* source, nint stride, int sourceColumns, int* rowOf, PackedMatrix destination)
    {
        var job = new PackRowsJob { Source = source, Stride = stride, Columns = sourceColumns, RowOf = rowOf, K = destination.K, Data = destination.Panel(0) };
        Team.Run(ref job, destination.Panels);
    }

    /// <inheritdoc/>
    public override void PackTransposed(float* source, nint stride, int sourceDepth, int* columnOf, PackedMatrix destination)
    {
        var job = new PackTransposedJob
        {
            Source = source, Stride = stride, Depth = Math.Min(sourceDepth, destination.K), ColumnOf = columnOf,
            K = destination.K, N = destination.N, Data = destination.Panel(0),
        };
        Team.Run(ref job, destination.Panels);
    }

    private struct PackRowsJob : IParallelJob
    {
        public float* Source, Data;
        public nint Stride;
        public int* RowOf;
        public int Columns, K;

        public readonly void Execute(int item, int thread)
        {
            int width = 3 * S.Width, column = item * width, columns = Math.Clamp(Columns - column, 0, width);
            float* to = Data + ((nint)item * width * K);
            for (int p = 0; p < K; p++, to += width)
            {
                int row = RowOf == null ? p : RowOf[p];
                int copied = row < 0 ? 0 : columns;
                if (copied > 0) Buffer.MemoryCopy(Source + (row * Stride) + column, to, width * sizeof(float), copied * sizeof(float));
                if (copied < width) new Span<float>(to + copied, width - copied).Clear();
            }
        }
    }

    private struct PackTransposedJob : IParallelJob
    {
        public float* Source, Data;
        public nint Stride;
        public int* ColumnOf;
        public int Depth, K, N;

        public readonly void Execute(int item, int thread)
        {
            // Blocks of 16 x 16 keep the lines of both sides in the first-level cache.
            const int Block = 16;
            int width = 3 * S.Width;
            float* panel = Data + ((nint)item * width * K);
            for (int j0 = 0; j0 < width; j0 += Block)
            {
                int j1 = Math.Min(width, j0 + Block);
                for (int p0 = 0; p0 < K; p0 += Block)
                {
                    int p1 = Math.Min(K, p0 + Block), filled = Math.Clamp(Depth, p0, p1);
                    for (int j = j0; j < j1; j++)
                    {
                        int column = (item * width) + j;
                        int row = column >= N ? -1 : ColumnOf == null ? column : ColumnOf[column];
                        float* to = panel + ((nint)p0 * width) + j;
                        int p = p0;
                        if (row >= 0)
                        {
                            float* from = Source + (row * Stride);
                            for (; p < filled; p++, to += width) *to = from[p];
                        }

                        for (; p < p1; p++, to += width) *to = 0;
                    }
                }
            }
        }
    }
}
