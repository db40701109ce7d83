// Matrix products, cut for the caches (after Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008).
// An item is a block of rows and some panels. Its rows of A are copied into tiles first, as many as half of a second-level cache
// holds, so that no stride of the caller's can crowd them into a few cache sets. Then, panel by panel, slices of k short enough for
// the first-level cache stay there while all tiles pass over them; each pass fetches a part of the slice that comes next.
// Every element is summed in the same slices of k whatever the cut, so the bits depend neither on it nor on the threads.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

public sealed unsafe partial class Compute<S, V>
{
    // Depth of a slice: of a panel it is 24 KB at the widest.
    private const int SliceDepth = 128;

    // Depth of a block of A, so that C passes through once for many slices.
    private const int BlockDepth = 1024;
    private const int BlockFloats = 1 << 17;

    // Fewer rows than these would not pay for fetching a slice.
    private const int FewestRows = 64;

    // In front of each thread's block: which block it is.
    private const int BlockHeader = 16;

    /// <inheritdoc/>
    public override void Multiply(float* a, nint strideA, int m, PackedMatrix b, float* c, nint strideC, bool add) =>
        Multiply(a, strideA, transposed: false, m, b, c, strideC, add);

    /// <inheritdoc/>
    public override void MultiplyTransposed(float* a, nint strideA, int m, PackedMatrix b, float* c, nint strideC, bool add) =>
        Multiply(a, strideA, transposed: true, m, b, c, strideC, add);

    private void Multiply(float* a, nint strideA, bool transposed, int m, PackedMatrix b, float* c, nint strideC, bool add)
    {
        // Enough items for the threads to even out: more blocks of rows while these stay long enough, then groups of panels.
        int items = 4 * Team.Count, depth = Math.Max(1, Math.Min(b.K, BlockDepth));
        int rows = Math.Min(BlockFloats / depth, Math.Max(FewestRows, (m + items - 1) / items));
        int blocks = (m + rows - 1) / rows;
        rows = RoundUp((m + blocks - 1) / blocks, S.TileRows);
        blocks = (m + rows - 1) / rows;
        int panelsAGroup = Math.Max(1, b.Panels * blocks / Math.Max(items, blocks));
        int groups = (b.Panels + panelsAGroup - 1) / panelsAGroup;

        long room = RoundUp(rows * depth, 16) + BlockHeader;
        float* scratch = Scratch(room * Team.Count);
        for (int thread = 0; thread < Team.Count; thread++) *(int*)(scratch + (thread * room)) = -1;
        var job = new MultiplyJob
        {
            A = a, StrideA = strideA, Transposed = transposed, M = m, K = b.K, N = b.N, B = b.Panel(0), Panels = b.Panels, C = c, StrideC = strideC, Add = add,
            Rows = rows, Groups = groups, PanelsAGroup = panelsAGroup, Scratch = scratch, Room = room,
        };
        Team.Run(ref job, blocks * groups);
    }

    private static int RoundUp(int n, int multiple) => (n + multiple - 1) / multiple * multiple;

    private struct MultiplyJob : IParallelJob
    {
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
            for (int k = 0; k < K; k += BlockDepth)
            {
                int depth = Math.Min(BlockDepth, K - k);
                Pack(block, rowStart, rows, k, depth, tiles);
                for (int panel = panelStart; panel < panelEnd; panel++)
                {
                    for (int slice = 0; slice < depth; slice += SliceDepth)
                        AddSlice(panel, k, slice, Math.Min(SliceDepth, depth - slice), depth, rowStart, rows, tiles);
                }
            }
        }

        // Rows rowStart … of A, k …, as tiles [rows / TileRows][depth][TileRows].
        private readonly void Pack(int block, int rowStart, int rows, int k, int depth, float* tiles)
        {
            int* held = (int*)(tiles - BlockHeader);
            if (K <= BlockDepth && *held == block) return;
            *held = block;
            if (Transposed) TilePacking.FromColumns(A + (k * StrideA) + rowStart, StrideA, rows, depth, S.TileRows, tiles);
            else TilePacking.FromRows(A + (rowStart * StrideA) + k, StrideA, rows, depth, S.TileRows, tiles);
        }

        // One slice of one panel, for the rows of the block.
        [SkipLocalsInit]
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void AddSlice(int panel, int k, int slice, int sliceDepth, int depth, int rowStart, int rows, float* tiles)
        {
            int tileRows = S.TileRows, width = 3 * S.Width;
            int column = panel * width, columns = Math.Min(width, N - column), vectors = (columns + S.Width - 1) / S.Width;
            bool accumulate = Add || k + slice > 0;
            float* b = B + ((nint)panel * width * K) + ((nint)(k + slice) * width);

            // What the next call reads: the next slice or the next panel's first, a part in each tile.
            var ahead = new SliceAhead<S, V>(slice + sliceDepth < depth ? b + (sliceDepth * width) : panel + 1 < Panels ? b + ((nint)width * K) - (slice * width) : b, sliceDepth);
            float* edge = stackalloc float[tileRows * width];
            for (int row = 0; row < rows; row += tileRows)
            {
                int count = Math.Min(tileRows, rows - row);
                float* a = tiles + ((nint)row * depth) + (slice * tileRows);
                float* c = C + ((rowStart + row) * StrideC) + column;
                if (slice == 0) RegisterTile<S, V>.Fetch(c, StrideC, count);
                if (columns == vectors * S.Width && (count == tileRows || (count == 1 && vectors == 3)))
                {
                    RegisterTile<S, V>.Product(a, 1, tileRows, b, sliceDepth, c, StrideC, count, vectors, accumulate, ahead.Part());
                }
                else
                {
                    RegisterTile<S, V>.Product(a, 1, tileRows, b, sliceDepth, edge, width, count, vectors, add: false, ahead.Part());
                    CopyEdge(edge, width, c, StrideC, count, columns, accumulate);
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
}
