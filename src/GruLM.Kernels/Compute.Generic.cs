// The operations of Compute for one vector width: how products are cut into items for the team. The arithmetic
// itself is in RegisterTile. A product is cut into blocks of rows and groups of panels; inside an item k is cut
// into slices short enough that a panel's slice stays in the first-level cache while the rows pass over it.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary><see cref="Compute"/> for the vector width <typeparamref name="S"/>.</summary>
public sealed unsafe class Compute<S, V> : Compute
    where S : struct, ISimd<V>
    where V : unmanaged
{
    private const int DepthSlice = 128;
    private const int RowBlock = 128;
    private const int NormChunk = 1 << 14;

    internal Compute(KernelPath path, ThreadTeam team)
        : base(path, team)
    {
    }

    /// <inheritdoc/>
    public override int Width => S.Width;

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

    /// <inheritdoc/>
    public override void Multiply(float* a, nint strideA, int m, PackedMatrix b, float* c, nint strideC, bool add) =>
        Multiply(a, S.TileRows * strideA, strideA, 1, m, b, c, strideC, add);

    /// <inheritdoc/>
    public override void MultiplyTransposed(float* a, nint strideA, int m, PackedMatrix b, float* c, nint strideC, bool add)
    {
        int tiles = (m + S.TileRows - 1) / S.TileRows;
        float* packed = Scratch((long)tiles * S.TileRows * b.K);
        var job = new PackTilesJob { Source = a, Stride = strideA, M = m, K = b.K, Data = packed };
        Team.Run(ref job, (tiles + PackTilesJob.TilesAtOnce - 1) / PackTilesJob.TilesAtOnce);
        Multiply(packed, (nint)S.TileRows * b.K, 1, S.TileRows, m, b, c, strideC, add);
    }

    /// <inheritdoc/>
    public override void MultiplyVector(float* weights, nint stride, int rows, int columns, float* x, float* y)
    {
        // Below this an extra thread costs more than it brings.
        const int FloatsAnItem = 1 << 14;
        int block = Math.Max(4, Math.Min(rows, (FloatsAnItem / Math.Max(columns, 1)) & ~3));
        var job = new VectorJob { Weights = weights, Stride = stride, Rows = rows, Columns = columns, X = x, Y = y, Block = block };
        Team.Run(ref job, (rows + block - 1) / block);
    }

    /// <inheritdoc/>
    public override void SumColumns(float* source, nint stride, int rows, int columns, float* sums, bool add)
    {
        var job = new SumColumnsJob { Source = source, Stride = stride, Rows = rows, Columns = columns, Sums = sums, Add = add };
        Team.Run(ref job, (columns + SumColumnsJob.Block - 1) / SumColumnsJob.Block);
    }

    /// <inheritdoc/>
    public override double SumOfSquares(float* source, long length)
    {
        int chunks = (int)((length + NormChunk - 1) / NormChunk);
        double* partial = (double*)Scratch(2L * chunks);
        var job = new SquaresJob { Source = source, Length = length, Partial = partial };
        Team.Run(ref job, chunks);
        double sum = 0;
        for (int i = 0; i < chunks; i++) sum += partial[i];
        return sum;
    }

    private void Multiply(float* a, nint tileStride, nint rowStride, nint columnStride, int m, PackedMatrix b, float* c, nint strideC, bool add)
    {
        int rowBlocks = (m + RowBlock - 1) / RowBlock;

        // Enough items for the threads to even out, each still wide enough to reuse its rows.
        int groups = Math.Clamp((Team.Count * 8 + rowBlocks - 1) / rowBlocks, 1, b.Panels);
        int panelsAGroup = (b.Panels + groups - 1) / groups;
        groups = (b.Panels + panelsAGroup - 1) / panelsAGroup;
        var job = new MultiplyJob
        {
            A = a, TileStride = tileStride, RowStride = rowStride, ColumnStride = columnStride, M = m, K = b.K, N = b.N,
            B = b.Panel(0), Panels = b.Panels, PanelsAGroup = panelsAGroup, Groups = groups, C = c, StrideC = strideC, Add = add,
        };
        Team.Run(ref job, rowBlocks * groups);
    }

    private struct MultiplyJob : IParallelJob
    {
        public float* A, B, C;
        public nint TileStride, RowStride, ColumnStride, StrideC;
        public int M, K, N, Panels, PanelsAGroup, Groups;
        public bool Add;

        public readonly void Execute(int item, int thread)
        {
            int rowStart = item / Groups * RowBlock, rowEnd = Math.Min(M, rowStart + RowBlock);
            int panelStart = item % Groups * PanelsAGroup, panelEnd = Math.Min(Panels, panelStart + PanelsAGroup);

            // Rows of A and of C are passed over again and again: the shorter ones are kept near.
            if (K < (panelEnd - panelStart) * 3 * S.Width)
            {
                for (int panel = panelStart; panel < panelEnd; panel++)
                    for (int k = 0; k < K; k += DepthSlice) AddSlice(panel, k, rowStart, rowEnd);
            }
            else
            {
                for (int k = 0; k < K; k += DepthSlice)
                    for (int panel = panelStart; panel < panelEnd; panel++) AddSlice(panel, k, rowStart, rowEnd);
            }
        }

        // One slice of one panel, for the rows of one block.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void AddSlice(int panel, int k, int rowStart, int rowEnd)
        {
            int tileRows = S.TileRows, width = 3 * S.Width, depth = Math.Min(DepthSlice, K - k);
            int column = panel * width, columns = Math.Min(width, N - column);
            bool accumulate = Add || k > 0;
            float* b = B + ((nint)panel * width * K) + ((nint)k * width);
            float* edge = stackalloc float[tileRows * width];
            for (int row = rowStart; row < rowEnd; row += tileRows)
            {
                int rows = Math.Min(tileRows, rowEnd - row);
                float* a = A + (row / tileRows * TileStride) + (k * ColumnStride);
                float* c = C + (row * StrideC) + column;
                if (columns == width && (rows == tileRows || rows == 1))
                {
                    RegisterTile<S, V>.Product(a, RowStride, ColumnStride, b, depth, c, StrideC, rows, accumulate);
                }
                else
                {
                    RegisterTile<S, V>.Product(a, RowStride, ColumnStride, b, depth, edge, width, rows, add: false);
                    CopyEdge(edge, width, c, StrideC, rows, columns, accumulate);
                }
            }
        }

        private static void CopyEdge(float* edge, int width, float* c, nint strideC, int rows, int columns, bool add)
        {
            for (int i = 0; i < rows; i++, edge += width, c += strideC)
            {
                int j = 0;
                for (; j + S.Width <= columns; j += S.Width)
                    S.Store(c + j, add ? S.Add(S.Load(c + j), S.Load(edge + j)) : S.Load(edge + j));
                for (; j < columns; j++) c[j] = add ? c[j] + edge[j] : edge[j];
            }
        }
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

    // A [K, M] into tiles [M / TileRows][K][TileRows], the order in which RegisterTile reads it.
    private struct PackTilesJob : IParallelJob
    {
        // Several tiles at once, so that whole cache lines of a row are used while they are there.
        public const int TilesAtOnce = 8;
        public float* Source, Data;
        public nint Stride;
        public int M, K;

        public readonly void Execute(int item, int thread)
        {
            int rows = S.TileRows, first = item * TilesAtOnce, last = Math.Min((M + rows - 1) / rows, first + TilesAtOnce);
            for (int p = 0; p < K; p++)
            {
                float* from = Source + (p * Stride);
                for (int tile = first; tile < last; tile++)
                {
                    float* to = Data + ((nint)tile * rows * K) + (p * rows);
                    int column = tile * rows;
                    for (int i = 0; i < rows; i++) to[i] = column + i < M ? from[column + i] : 0;
                }
            }
        }
    }

    private struct VectorJob : IParallelJob
    {
        public float* Weights, X, Y;
        public nint Stride;
        public int Rows, Columns, Block;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            int end = Math.Min(Rows, (item + 1) * Block);
            int row = item * Block;
            for (; row + 4 <= end; row += 4)
            {
                float* w0 = Weights + (row * Stride);
                float* w1 = w0 + Stride;
                float* w2 = w1 + Stride;
                float* w3 = w2 + Stride;
                V s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero;
                int j = 0;
                for (; j + S.Width <= Columns; j += S.Width)
                {
                    V x = S.Load(X + j);
                    s0 = S.MultiplyAdd(x, S.Load(w0 + j), s0);
                    s1 = S.MultiplyAdd(x, S.Load(w1 + j), s1);
                    s2 = S.MultiplyAdd(x, S.Load(w2 + j), s2);
                    s3 = S.MultiplyAdd(x, S.Load(w3 + j), s3);
                }

                float t0 = S.Sum(s0), t1 = S.Sum(s1), t2 = S.Sum(s2), t3 = S.Sum(s3);
                for (; j < Columns; j++)
                {
                    t0 += X[j] * w0[j];
                    t1 += X[j] * w1[j];
                    t2 += X[j] * w2[j];
                    t3 += X[j] * w3[j];
                }

                Y[row] = t0;
                Y[row + 1] = t1;
                Y[row + 2] = t2;
                Y[row + 3] = t3;
            }

            for (; row < end; row++)
            {
                float* w = Weights + (row * Stride);
                V s = S.Zero;
                int j = 0;
                for (; j + S.Width <= Columns; j += S.Width) s = S.MultiplyAdd(S.Load(X + j), S.Load(w + j), s);
                float t = S.Sum(s);
                for (; j < Columns; j++) t += X[j] * w[j];
                Y[row] = t;
            }
        }
    }

    private struct SumColumnsJob : IParallelJob
    {
        public const int Block = 64;
        public float* Source, Sums;
        public nint Stride;
        public int Rows, Columns;
        public bool Add;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            int start = item * Block, columns = Math.Min(Block, Columns - start);
            float* sums = stackalloc float[Block];
            new Span<float>(sums, Block).Clear();
            for (int i = 0; i < Rows; i++)
            {
                float* from = Source + (i * Stride) + start;
                int j = 0;
                for (; j + S.Width <= columns; j += S.Width) S.Store(sums + j, S.Add(S.Load(sums + j), S.Load(from + j)));
                for (; j < columns; j++) sums[j] += from[j];
            }

            for (int j = 0; j < columns; j++) Sums[start + j] = Add ? Sums[start + j] + sums[j] : sums[j];
        }
    }

    private struct SquaresJob : IParallelJob
    {
        public float* Source;
        public double* Partial;
        public long Length;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            long start = (long)item * NormChunk, end = Math.Min(Length, start + NormChunk);
            V s0 = S.Zero, s1 = S.Zero;
            double sum = 0;
            long i = start;
            for (; i + (2 * S.Width) <= end; i += 2 * S.Width)
            {
                V x = S.Load(Source + i), y = S.Load(Source + i + S.Width);
                s0 = S.MultiplyAdd(x, x, s0);
                s1 = S.MultiplyAdd(y, y, s1);
            }

            for (; i < end; i++) sum += (double)Source[i] * Source[i];
            Partial[item] = sum + S.Sum(S.Add(s0, s1));
        }
    }
}
