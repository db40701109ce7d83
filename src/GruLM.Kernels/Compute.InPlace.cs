// Products that read both matrices where they lie: for a batch of so few tokens that copying weights into panels would take longer than
// multiplying by them. The register tile is the same as that of Compute.Products.cs; only its strides differ.
// Every element is summed in the same slices of k whatever the cut, so the bits do not depend on the threads.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

public sealed unsafe partial class Compute<S, V>
{
    /// <inheritdoc/>
    public override void MultiplyInPlace(float* a, nint rowStride, nint columnStride, int m, int k, float* b, nint strideB, int n, float* c, nint strideC, bool add)
    {
        // Long products are shared out by rows, so that a tile passes over all of B; short ones by panels of columns.
        int blocks = (m + InPlaceJob.Rows - 1) / InPlaceJob.Rows, panels = (n + PanelWidth - 1) / PanelWidth;
        int groups = blocks >= 2 * Team.Count ? 1 : panels;
        var job = new InPlaceJob
        {
            A = a, RowStride = rowStride, ColumnStride = columnStride, M = m, K = k, B = b, StrideB = strideB, N = n, C = c, StrideC = strideC, Add = add,
            Groups = groups, PanelsAGroup = groups == 1 ? panels : 1, Depth = InPlaceJob.DepthFor(k, m),
        };
        Team.Run(ref job, blocks * groups);
    }

    /// <inheritdoc/>
    public override void Transpose(float* source, nint stride, int rows, int columns, float* destination, nint destinationStride)
    {
        int i = 0;
        for (; i + 4 <= rows; i += 4)
        {
            int j = 0;
            for (; j + 4 <= columns; j += 4) TilePacking.Transpose(source + (i * stride) + j, stride, destination + (j * destinationStride) + i, destinationStride);
            for (; j < columns; j++)
                for (int row = i; row < i + 4; row++) destination[(j * destinationStride) + row] = source[(row * stride) + j];
        }

        for (; i < rows; i++)
            for (int j = 0; j < columns; j++) destination[(j * destinationStride) + i] = source[(i * stride) + j];
    }

    private struct InPlaceJob : IParallelJob
    {
        public const int Rows = 64;
        private const int ShortDepth = 96;
        public float* A, B, C;
        public nint RowStride, ColumnStride, StrideB, StrideC;
        public int M, K, N, Groups, PanelsAGroup, Depth;
        public bool Add;

        // A panel's slice of B stays in the first-level cache where a few tiles of rows pass over it again and again.
        public static int DepthFor(int k, int rows)
        {
            if (rows > Rows) return SliceDepth;
            int slices = (k + ShortDepth - 1) / ShortDepth;
            return Math.Max(1, (k + slices - 1) / Math.Max(1, slices));
        }

        [SkipLocalsInit]
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            int rowStart = item / Groups * Rows, rowEnd = Math.Min(M, rowStart + Rows), width = 3 * S.Width;
            int columnStart = item % Groups * PanelsAGroup * width, columnEnd = Math.Min(N, columnStart + (PanelsAGroup * width));
            float* edge = stackalloc float[S.TileRows * width];
            for (int k = 0; k < K; k += Depth)
            {
                int depth = Math.Min(Depth, K - k);
                for (int row = rowStart; row < rowEnd; row += S.TileRows)
                {
                    int count = Math.Min(S.TileRows, rowEnd - row);
                    float* a = A + (row * RowStride) + (k * ColumnStride);

                    // What is long is read from afar: the next tile's rows of A, or of C.
                    float* ahead = ColumnStride == 1 && K > N ? a + (S.TileRows * RowStride) : C + ((row + S.TileRows) * StrideC);
                    for (int column = columnStart; column < columnEnd; column += width, ahead += depth * RegisterTile<S, V>.AheadAStep)
                        Tile(a, k, depth, row, count, column, edge, ahead);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Tile(float* a, int k, int depth, int row, int count, int column, float* edge, float* ahead)
        {
            int width = 3 * S.Width, columns = Math.Min(width, N - column), vectors = (columns + S.Width - 1) / S.Width;
            bool accumulate = Add || k > 0;
            float* b = B + (k * StrideB) + column, c = C + (row * StrideC) + column;
            if (columns == vectors * S.Width && (count == S.TileRows || (count == 1 && vectors == 3)))
            {
                RegisterTile<S, V>.Product(a, RowStride, ColumnStride, b, StrideB, depth, c, StrideC, count, vectors, accumulate, ahead);
            }
            else
            {
                RegisterTile<S, V>.Product(a, RowStride, ColumnStride, b, StrideB, depth, edge, width, count, vectors, add: false, ahead);
                CopyEdge(edge, width, c, StrideC, count, columns, accumulate);
            }
        }
    }
}
