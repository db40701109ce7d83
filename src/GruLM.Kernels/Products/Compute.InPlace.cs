// Products that read both matrices where they lie (InPlaceProduct.cs), shared out over the team.

namespace GruLM.Kernels;

public sealed unsafe partial class Compute<S, V>
{
    /// <inheritdoc/>
    public override void MultiplyInPlace(float* a, nint rowStride, nint columnStride, int m, int k, float* b, nint strideB, int n, float* c,
        nint strideC, bool add)
    {
        // Long products are shared out by rows, so that a tile passes over all of B; short ones by panels of columns too. Items enough for
        // the threads to even out.
        int items = 4 * Team.Count,
            rows = Math.Clamp(RoundUp((m + items - 1) / items, S.TileRows), S.TileRows, InPlaceProduct<S, V>.MostRows);
        int blocks = (m + rows - 1) / rows, panels = (n + PanelWidth - 1) / PanelWidth, groups = 2 * blocks > items ? 1 : panels;
        var job = new InPlaceJob
        {
            Product = new InPlaceProduct<S, V>
            {
                A = a,
                RowStride = rowStride,
                ColumnStride = columnStride,
                M = m,
                K = k,
                B = b,
                StrideB = strideB,
                N = n,
                C = c,
                StrideC = strideC,
                Add = add
            },
            Rows = rows,
            Groups = groups,
            PanelsAGroup = groups == 1 ? panels : 1,
        };
        Team.Run(ref job, blocks * groups);
    }

    /// <inheritdoc/>
    public override void Transpose(float* source, nint stride, int rows, int columns, float* destination, nint destinationStride)
    {
        var job = new TransposeJob
        {
            Source = source,
            Stride = stride,
            Rows = rows,
            Columns = columns,
            Destination = destination,
            DestinationStride = destinationStride
        };
        Team.Run(ref job, (rows + TransposeJob.Block - 1) / TransposeJob.Block);
    }

    private struct TransposeJob : IParallelJob
    {
        public const int Block = 32;
        public float* Source, Destination;
        public nint Stride, DestinationStride;
        public int Rows, Columns;

        public readonly void Execute(int item, int thread)
        {
            int i = item * Block, end = Math.Min(Rows, i + Block);
            for (; i + 4 <= end; i += 4)
            {
                int j = 0;
                for (; j + 4 <= Columns; j += 4)
                {
                    TilePacking.Transpose(Source + (i * Stride) + j, Stride, Destination + (j * DestinationStride) + i, DestinationStride);
                }

                for (; j < Columns; j++)
                {
                    for (int row = i; row < i + 4; row++) Destination[(j * DestinationStride) + row] = Source[(row * Stride) + j];
                }
            }

            for (; i < end; i++)
            {
                for (int j = 0; j < Columns; j++) Destination[(j * DestinationStride) + i] = Source[(i * Stride) + j];
            }
        }
    }

    private struct InPlaceJob : IParallelJob
    {
        public InPlaceProduct<S, V> Product;
        public int Rows, Groups, PanelsAGroup;

        public readonly void Execute(int item, int thread)
        {
            int rowStart = item / Groups * Rows, width = PanelsAGroup * 3 * S.Width, columnStart = item % Groups * width;
            Product.Block(rowStart, Math.Min(Product.M, rowStart + Rows), columnStart, Math.Min(Product.N, columnStart + width));
        }
    }
}
