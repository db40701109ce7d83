// Compute for one vector width: how work is cut into items and shared out. The items' own loops are in a file each: BlockedProduct,
// InPlaceProduct, MatrixVector, RowPacking, ColumnPacking, Transposition, SquareSum.

namespace GruLM.Kernels;

/// <summary><see cref="Compute"/> for the vector width <typeparamref name="S"/>.</summary>
internal sealed unsafe class VectorCompute<S, V> : Compute
    where S : struct, ISimd<V>
    where V : unmanaged
{
    // Fewer rows than these would not pay for fetching a slice of a panel.
    private const int FewestRows = 64;

    public VectorCompute(KernelPath path, ThreadTeam team)
        : base(path, team)
    {
    }

    /// <inheritdoc/>
    internal override int Width => S.Width;

    /// <inheritdoc/>
    internal override void MultiplyVector(float* weights, nint stride, int rows, int columns, float* x, float* y)
    {
        if (columns < S.Width) MultiplyVector<Simd1, float>(weights, stride, rows, columns, x, y);
        else MultiplyVector<S, V>(weights, stride, rows, columns, x, y);
    }

    /// <inheritdoc/>
    internal override double SumOfSquares(float* source, long length)
    {
        int chunks = (int)((length + SquareSum<S, V>.Chunk - 1) / SquareSum<S, V>.Chunk);
        double* partial = (double*)Scratch(2L * chunks);
        var job = new SquareSum<S, V> { Source = source, Length = length, Partial = partial };
        Team.Run(ref job, chunks);
        double sum = 0;
        for (int i = 0; i < chunks; i++) sum += partial[i];
        return sum;
    }

    /// <inheritdoc/>
    internal override void Multiply(float* a, nint strideA, int m, PackedMatrix b, float* c, nint strideC, bool add) =>
        Multiply(a, strideA, transposed: false, m, b, c, strideC, add);

    /// <inheritdoc/>
    internal override void MultiplyTransposed(float* a, nint strideA, int m, PackedMatrix b, float* c, nint strideC, bool add) =>
        Multiply(a, strideA, transposed: true, m, b, c, strideC, add);

    private void Multiply(float* a, nint strideA, bool transposed, int m, PackedMatrix b, float* c, nint strideC, bool add)
    {
        if (m <= 0) return;

        // Enough items for the threads to even out: more blocks of rows while these stay long enough, then groups of panels.
        int items = 4 * Team.Count, depth = Math.Max(1, Math.Min(b.K, BlockedProduct<S, V>.SliceDepth));
        int rows = Math.Min(BlockedProduct<S, V>.BlockFloats / depth, Math.Max(FewestRows, (m + items - 1) / items));
        int blocks = (m + rows - 1) / rows;
        rows = RoundUp((m + blocks - 1) / blocks, S.TileRows);
        blocks = (m + rows - 1) / rows;
        int panelsAGroup = Math.Max(1, b.Panels * blocks / Math.Max(items, blocks));
        int groups = (b.Panels + panelsAGroup - 1) / panelsAGroup;

        long room = RoundUp(rows * depth, 16) + BlockedProduct<S, V>.BlockHeader;
        float* scratch = Scratch(room * Team.Count);
        for (int thread = 0; thread < Team.Count; thread++) *(int*)(scratch + (thread * room)) = -1;
        var job = new BlockedProduct<S, V>
        {
            A = a,
            StrideA = strideA,
            Transposed = transposed,
            M = m,
            K = b.K,
            N = b.N,
            B = b.Panel(0),
            Panels = b.Panels,
            C = c,
            StrideC = strideC,
            Add = add,
            Rows = rows,
            Groups = groups,
            PanelsAGroup = panelsAGroup,
            Scratch = scratch,
            Room = room,
        };
        Team.Run(ref job, blocks * groups);
    }

    /// <inheritdoc/>
    internal override void MultiplyInPlace(float* a, nint rowStride, nint columnStride, int m, int k, float* b, nint strideB, int n,
        float* c, nint strideC, bool add)
    {
        // Long products are shared out by rows, so that a tile passes over all of B; short ones by panels of columns too. Items enough for
        // the threads to even out.
        int items = 4 * Team.Count;
        int rows = Math.Clamp(RoundUp((m + items - 1) / items, S.TileRows), S.TileRows, InPlaceProduct<S, V>.MostRows);
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
                Add = add,
            },
            Rows = rows,
            Groups = groups,
            PanelsAGroup = groups == 1 ? panels : 1,
        };
        Team.Run(ref job, blocks * groups);
    }

    /// <inheritdoc/>
    internal override void Transpose(float* source, nint stride, int rows, int columns, float* destination, nint destinationStride)
    {
        var job = new Transposition
        {
            Source = source,
            Stride = stride,
            Rows = rows,
            Columns = columns,
            Destination = destination,
            DestinationStride = destinationStride,
        };
        Team.Run(ref job, (rows + Transposition.Block - 1) / Transposition.Block);
    }

    /// <inheritdoc/>
    internal override void PackRows(float* source, nint stride, int sourceColumns, int* rowOf, PackedMatrix destination)
    {
        var job = new RowPacking<S, V>
        {
            Source = source,
            Stride = stride,
            Columns = sourceColumns,
            RowOf = rowOf,
            K = destination.K,
            Data = destination.Panel(0),
            Panels = destination.Panels,
            RowBlocks = (destination.K + RowPacking<S, V>.Rows - 1) / RowPacking<S, V>.Rows,
        };
        Team.Run(ref job, job.RowBlocks * ((destination.Panels + RowPacking<S, V>.PanelsAtOnce - 1) / RowPacking<S, V>.PanelsAtOnce));
    }

    /// <inheritdoc/>
    internal override void PackTransposed(float* source, nint stride, int sourceDepth, int* columnOf, PackedMatrix destination)
    {
        var job = new ColumnPacking<S, V>
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

    private void MultiplyVector<TSimd, TVector>(float* weights, nint stride, int rows, int columns, float* x, float* y)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        // Fewer numbers do not pay for a second thread; more at once are read no faster, and leave less to even out.
        const int Fewest = 1 << 14, Most = 1 << 17;
        int even = (rows + (2 * Team.Count) - 1) / (2 * Team.Count), depth = Math.Max(columns, 1);
        int block = RoundUp(Math.Clamp(even, Math.Max(1, Fewest / depth), Math.Max(1, Most / depth)), 4);
        var job = new MatrixVector<TSimd, TVector>
        {
            Weights = weights,
            Stride = stride,
            Rows = rows,
            Columns = columns,
            X = x,
            Y = y,
            Block = block,
        };
        Team.Run(ref job, (rows + block - 1) / block);
    }

    private static int RoundUp(int n, int multiple) => (n + multiple - 1) / multiple * multiple;

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
