// Matrix products, cut for the caches (after Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008).
// An item is a block of rows and some panels. For each slice of k its rows of A are copied into tiles, a quarter of a megabyte
// that stays in the second-level cache, so that no stride of the caller's can crowd them into a few cache sets. Then each panel's slice
// stays there too while all tiles pass over it, and each pass fetches a part of the slice that comes next.
// Every element is summed in the same slices of k whatever the cut, so the bits depend neither on it nor on the threads.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

public sealed unsafe partial class Compute<S, V>
{
    // Deep enough that adding to C costs little beside the sums; a panel's slice is then 96 KB at the widest.
    private const int SliceDepth = 512;
    private const int BlockFloats = 1 << 16;

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
        int items = 4 * Team.Count, depth = Math.Max(1, Math.Min(b.K, SliceDepth));
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

    // From a tile of its own to that part of C which is there.
    internal static void CopyEdge(float* edge, int width, float* c, nint strideC, int rows, int columns, bool add)
    {
        for (int i = 0; i < rows; i++, edge += width, c += strideC)
        {
            int j = 0;
            for (; j + S.Width <= columns; j += S.Width)
            {
                S.Store(c + j, add ? S.Add(S.Load(c + j), S.Load(edge + j)) : S.Load(edge + j));
            }

            for (; j < columns; j++) c[j] = add ? c[j] + edge[j] : edge[j];
        }
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
                    CopyEdge(edge, width, c, StrideC, count, columns, accumulate);
                }
            }
        }
    }
}
