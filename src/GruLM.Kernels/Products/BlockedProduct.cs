// Matrix products, cut for the caches (after Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008).
// An item is a block of rows and some panels. For each slice of k its rows of A are copied into tiles, a quarter of a megabyte
// that stays in the second-level cache, so that no stride of the caller's can crowd them into a few cache sets. Then each panel's slice
// stays there too while all tiles pass over it, and each pass fetches a part of the slice that comes next.
// Every element is summed in the same slices of k whatever the cut, so the bits depend neither on it nor on the threads.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>C[M, N] = A · B, or C += when <see cref="Add"/>, with B packed: a block of rows and some panels an item.</summary>
internal unsafe struct BlockedProduct<S, V> : IParallelJob
    where S : struct, ISimd<V>
    where V : unmanaged
{
    /// <summary>Rows of k in a slice: deep enough that adding to C costs little beside the sums; a panel's slice is then 96 KB at the
    /// widest.</summary>
    public const int SliceDepth = 512;

    /// <summary>Floats of A in a block, at most.</summary>
    public const int BlockFloats = 1 << 16;

    /// <summary>Floats in front of each thread's block, the first of which tells which block it is.</summary>
    public const int BlockHeader = 16;

    public float* A, B, C, Scratch;
    public nint StrideA, StrideC;
    public long Room;
    public int M, K, N, Panels, Rows, Groups, PanelsAGroup;
    public bool Transposed, Add;

    public readonly void Execute(int item, int thread)
    {
        int block = item / Groups, rowStart = block * Rows, rows = Math.Min(Rows, M - rowStart);
        int panelStart = item % Groups * PanelsAGroup, panelEnd = Math.Min(Panels, panelStart + PanelsAGroup);
        float* tiles = Scratch + (thread * Room) + BlockHeader;
        for (int k = 0; k < K; k += SliceDepth)
        {
            int depth = Math.Min(SliceDepth, K - k);
            Pack(block, rowStart, rows, k, depth, tiles);
            for (int panel = panelStart; panel < panelEnd; panel++) AddSlice(panel, k, depth, rowStart, rows, tiles);
        }
    }

    // Rows rowStart … of A, k …, as tiles [rows / TileRows][depth][TileRows].
    private readonly void Pack(int block, int rowStart, int rows, int k, int depth, float* tiles)
    {
        int* held = (int*)(tiles - BlockHeader);
        if (K <= SliceDepth && *held == block) return;
        *held = block;
        if (Transposed) TilePacking.FromColumns(A + (k * StrideA) + rowStart, StrideA, rows, depth, S.TileRows, tiles);
        else TilePacking.FromRows(A + (rowStart * StrideA) + k, StrideA, rows, depth, S.TileRows, tiles);
    }

    // One slice of one panel, for the rows of the block.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddSlice(int panel, int k, int depth, int rowStart, int rows, float* tiles)
    {
        int tileRows = S.TileRows, width = 3 * S.Width;
        int column = panel * width, columns = Math.Min(width, N - column), vectors = (columns + S.Width - 1) / S.Width;
        bool accumulate = Add || k > 0;
        float* b = B + ((nint)panel * width * K) + ((nint)k * width);

        // What the next call reads: the same rows of the next panel.
        var ahead = new SliceAhead<S, V>(panel + 1 < Panels ? b + ((nint)width * K) : b, depth, rows / tileRows);
        float* edge = stackalloc float[tileRows * width];
        for (int row = 0; row < rows; row += tileRows)
        {
            int count = Math.Min(tileRows, rows - row);
            float* a = tiles + ((nint)row * depth);
            float* c = C + ((rowStart + row) * StrideC) + column;
            RegisterTile<S, V>.Fetch(c, StrideC, count);
            if (columns == vectors * S.Width && (count == tileRows || (M == 1 && vectors == 3)))
            {
                RegisterTile<S, V>.Product(a, 1, tileRows, b, width, depth, c, StrideC, count, vectors, accumulate, ahead.Part(),
                    ahead.StepsALine);
            }
            else
            {
                // A matrix's last row, left alone, is summed as its other rows are, not as a matrix of one row is.
                int computed = M == 1 ? 1 : Math.Max(2, count);
                RegisterTile<S, V>.Product(a, 1, tileRows, b, width, depth, edge, width, computed, vectors, add: false, ahead.Part(),
                    ahead.StepsALine);
                RegisterTile<S, V>.CopyEdge(edge, width, c, StrideC, count, columns, accumulate);
            }
        }
    }
}
