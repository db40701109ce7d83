// Whole matrix products in bfloat16: packing, conversion and blocking around Bf16Kernel, shared out over the thread team.
// Tiles compute so fast that moving bytes is the rest of the time: the left matrix is converted block by block just before it
// is used, so that the second-level cache still has it while all panels of the right one pass over it; only when a block is
// shared by several threads is it converted ahead, once for all. C is read and written once for each 512 k.
// Bits depend on neither threads nor blocks: sums run in the order of k through C, which holds them exactly as the tiles do.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Products of float32 matrices computed in bfloat16 with float32 sums. All matrices are row-major; strides are in elements. One
/// call at a time.</summary>
internal sealed unsafe class Bf16Gemm : IDisposable
{
    private const int Width = Bf16Kernel.PanelWidth;

    private const int FewestRows = 256, Chunk = 1024;

    // A panel's slice of this depth, 48 KB, is passed over by all rows of the block.
    private const int Slice = 512;

    private readonly ThreadTeam _team;
    private readonly Bf16Kernel _kernel;
    private AlignedBuffer<ushort> _scratch = new(0);

    /// <summary>Products on <paramref name="team"/>, which stays its owner's, by <paramref name="kernel"/>:
    /// <see cref="Bf16Machine.Kernel"/>.</summary>
    public Bf16Gemm(ThreadTeam team, Bf16Kernel kernel)
    {
        _team = team;
        _kernel = kernel;
    }

    /// <summary>Where the left matrix is converted to.</summary>
    internal AlignedBuffer<ushort> Scratch => _scratch;

    /// <summary>The product on one panel, for callers that do their own blocking.</summary>
    public Bf16Kernel Kernel => _kernel;

    /// <summary>Elements from row to row of a converted matrix of <paramref name="k"/> columns: room for whole steps, and an odd number of
    /// cache lines, so that 32 rows do not meet in few sets of the cache.</summary>
    public static int RowStride(int k) => ((Bf16Panels.Padded(k) / Bf16Kernel.DepthStep) | 1) * Bf16Kernel.DepthStep;

    /// <summary>As <see cref="Compute.PackRows"/>: B[p, j] = source[rowOf[p]·stride + j] for j below <paramref name="sourceColumns"/>, else
    /// zero.</summary>
    public void PackRows(float* source, nint stride, int sourceColumns, int* rowOf, Bf16Panels destination)
    {
        var job = new PackRowsJob
        {
            Source = source,
            Stride = stride,
            Columns = sourceColumns,
            RowOf = rowOf,
            K = destination.K,
            Depth = destination.Depth,
            Panels = destination.Panels,
            Data = destination.Panel(0),
        };
        _team.Run(ref job, destination.Depth / Bf16Kernel.DepthStep);
    }

    /// <summary>As <see cref="Compute.PackTransposed"/>: B[p, j] = source[columnOf[j]·stride + p] for p below
    /// <paramref name="sourceDepth"/>, else zero.</summary>
    public void PackTransposed(float* source, nint stride, int sourceDepth, int* columnOf, Bf16Panels destination)
    {
        var job = new PackTransposedJob
        {
            Source = source,
            Stride = stride,
            Filled = Math.Min(sourceDepth, destination.K),
            ColumnOf = columnOf,
            Depth = destination.Depth,
            N = destination.N,
            Data = destination.Panel(0),
        };
        _team.Run(ref job, destination.Panels);
    }

    /// <summary>C[m, N] = A[m, K] · B, or C += when <paramref name="add"/>.</summary>
    public void Multiply(float* a, nint strideA, int m, Bf16Panels b, float* c, nint strideC, bool add) =>
        Multiply(new LeftMatrix { Data = a, Stride = strideA, K = b.K }, m, b, c, strideC, add);

    /// <summary>C[m, N] = Aᵀ · B, or C += when <paramref name="add"/>, with A [K, m] row-major.</summary>
    public void MultiplyTransposed(float* a, nint strideA, int m, Bf16Panels b, float* c, nint strideC, bool add) =>
        Multiply(new LeftMatrix { Data = a, Stride = strideA, K = b.K, Transposed = true }, m, b, c, strideC, add);

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();

    private void Multiply(LeftMatrix a, int m, Bf16Panels b, float* c, nint strideC, bool add)
    {
        if (m <= 0 || b.Depth == 0) return;

        // Items enough for uneven threads to even out, yet rows enough to make a panel's way from memory worth it.
        int wanted = _team.Count == 1 ? 1 : _team.Count * 4;
        int blocks = Math.Max((m + _kernel.MostRows - 1) / _kernel.MostRows, Math.Min(wanted, (m + FewestRows - 1) / FewestRows));
        int rows = ((m + blocks - 1) / blocks + 31) & ~31;
        blocks = (m + rows - 1) / rows;
        int groups = Math.Clamp((wanted + blocks - 1) / blocks, 1, b.Panels);
        int panelsAGroup = (b.Panels + groups - 1) / groups;
        groups = (b.Panels + panelsAGroup - 1) / panelsAGroup;
        int chunks = (b.Depth + Chunk - 1) / Chunk, chunk = Bf16Panels.Padded((b.Depth + chunks - 1) / chunks);
        bool ahead = groups > 1;
        int stride = RowStride(ahead ? b.Depth : chunk);
        Reserve((long)stride * (ahead ? m : (long)rows * _team.Count));
        if (ahead)
        {
            var convert = new ConvertJob { A = a, M = m, Depth = b.Depth, Converted = _scratch.Pointer, Stride = stride };
            _team.Run(ref convert, (m + ConvertJob.Rows - 1) / ConvertJob.Rows);
        }

        var job = new ProductJob
        {
            Kernel = _kernel,
            A = a,
            Converted = _scratch.Pointer,
            StrideA = stride,
            Ahead = ahead,
            M = m,
            Rows = rows,
            B = b.Panel(0),
            N = b.N,
            K = b.K,
            Depth = b.Depth,
            Chunk = chunk,
            Panels = b.Panels,
            PanelsAGroup = panelsAGroup,
            Groups = groups,
            C = c,
            StrideC = strideC,
            Add = add,
        };
        _team.Run(ref job, blocks * groups);
    }

    private void Reserve(long length)
    {
        if (_scratch.Length >= length) return;
        _scratch.Dispose();
        _scratch = new AlignedBuffer<ushort>(length);
    }

    // A as it comes: [m, K], or [K, m] when transposed.
    private struct LeftMatrix
    {
        public float* Data;
        public nint Stride;
        public int K;
        public bool Transposed;

        // Rows and a depth (a multiple of 32) of A as bfloat16, zero beyond K.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Convert(int row, int rows, int k, int depth, ushort* to, nint stride)
        {
            if (Transposed)
            {
                ConvertTransposed(row, rows, k, depth, to, stride);
                return;
            }

            int filled = Math.Clamp(K - k, 0, depth);
            for (int i = 0; i < rows; i++, to += stride)
            {
                Bf16.Convert(Data + ((nint)(row + i) * Stride) + k, to, filled);
                if (filled < depth) new Span<ushort>(to + filled, depth - filled).Clear();
            }
        }

        // 32 x 256 numbers at a time: pairs of k side by side, then the pairs transposed. Rows are read for long enough to be
        // fetched ahead, and what is written is whole cache lines.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void ConvertTransposed(int row, int rows, int k, int depth, ushort* to, nint stride)
        {
            const int Columns = 256, Pairs = Bf16Kernel.DepthStep / 2;
            uint* pairs = stackalloc uint[Pairs * Columns];
            float* zeros = stackalloc float[Columns];
            new Span<float>(zeros, Columns).Clear();
            for (int p0 = 0; p0 < depth; p0 += Bf16Kernel.DepthStep)
            {
                for (int i = 0; i < rows; i += Columns)
                {
                    int columns = Math.Min(Columns, rows - i);
                    for (int pair = 0; pair < Pairs; pair++)
                    {
                        int p = k + p0 + (2 * pair);
                        float* from = Data + ((nint)p * Stride) + row + i;
                        Bf16.Pair(p < K ? from : zeros, p + 1 < K ? from + Stride : zeros, pairs + (pair * Columns), columns);
                    }

                    Bf16.TransposePairs(pairs, Columns, Pairs, columns, (uint*)(to + (i * stride) + p0), stride / 2);
                }
            }
        }
    }

    private struct ConvertJob : IParallelJob
    {
        public const int Rows = 64;
        public LeftMatrix A;
        public int M, Depth;
        public ushort* Converted;
        public nint Stride;

        public readonly void Execute(int item, int thread)
        {
            int row = item * Rows;
            A.Convert(row, Math.Min(Rows, M - row), 0, Depth, Converted + (row * Stride), Stride);
        }
    }

    private struct ProductJob : IParallelJob
    {
        public Bf16Kernel Kernel;
        public LeftMatrix A;
        public ushort* Converted, B;
        public float* C;
        public nint StrideA, StrideC;
        public int M, N, K, Rows, Depth, Chunk, Panels, PanelsAGroup, Groups;
        public bool Ahead, Add;

        public readonly void Execute(int item, int thread)
        {
            int row = item / Groups * Rows, rows = Math.Min(Rows, M - row);
            int panelStart = item % Groups * PanelsAGroup, panelEnd = Math.Min(Panels, panelStart + PanelsAGroup);
            for (int k = 0; k < Depth; k += Chunk)
            {
                int depth = Math.Min(Chunk, Depth - k), filled = Math.Min(depth, K - k);
                ushort* a = Ahead ? Converted + (row * StrideA) + k : Converted + (thread * Rows * StrideA);
                if (!Ahead) A.Convert(row, rows, k, depth, a, StrideA);
                for (int panel = panelStart; panel < panelEnd; panel++)
                {
                    ushort* b = B + ((nint)panel * Width * Depth) + ((nint)k * Width);
                    float* c = C + (row * StrideC) + (panel * Width);
                    for (int p = 0; p < filled; p += Slice)
                    {
                        Kernel.Product(
                            a + p, StrideA, b + ((nint)p * Width), Math.Min(Slice, filled - p), c, StrideC, rows,
                            Math.Min(Width, N - (panel * Width)), Add || k + p > 0);
                    }
                }
            }
        }
    }

    // An item is a step of rows, so that the source is read along its rows.
    private struct PackRowsJob : IParallelJob
    {
        public float* Source;
        public ushort* Data;
        public nint Stride;
        public int* RowOf;
        public int Columns, K, Depth, Panels;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            float* zeros = stackalloc float[Width];
            new Span<float>(zeros, Width).Clear();
            int start = item * Bf16Kernel.DepthStep;
            for (int p = start; p < start + Bf16Kernel.DepthStep; p += 2)
            {
                float* even = Row(p), odd = Row(p + 1);
                uint* to = (uint*)(Data + ((nint)p * Width));
                for (int panel = 0; panel < Panels; panel++, to += (nint)Width * Depth / 2)
                {
                    int column = panel * Width, columns = Math.Clamp(Columns - column, 0, Width);
                    Bf16.Pair(even == null ? zeros : even + column, odd == null ? zeros : odd + column, to, columns);
                    if (columns < Width) new Span<uint>(to + columns, Width - columns).Clear();
                }
            }
        }

        private readonly float* Row(int p)
        {
            int row = p >= K ? -1 : RowOf == null ? p : RowOf[p];
            return row < 0 ? null : Source + (row * Stride);
        }
    }

    private struct PackTransposedJob : IParallelJob
    {
        private const int Block = 4 * Bf16Kernel.DepthStep;
        public float* Source;
        public ushort* Data;
        public nint Stride;
        public int* ColumnOf;
        public int Filled, Depth, N;

        // A row of the source has its pairs side by side already: convert some of each row, then transpose the pairs.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            ushort* rows = stackalloc ushort[Width * Block];
            ushort* panel = Data + ((nint)item * Width * Depth);
            for (int p = 0; p < Depth; p += Block)
            {
                int depth = Math.Min(Block, Depth - p);
                for (int j = 0; j < Width; j++)
                {
                    int column = (item * Width) + j;
                    int row = column >= N ? -1 : ColumnOf == null ? column : ColumnOf[column];
                    int filled = row < 0 ? 0 : Math.Clamp(Filled - p, 0, depth);
                    ushort* to = rows + (j * Block);
                    if (filled > 0) FetchAhead(Source + (row * Stride) + p + Block);
                    if (filled > 0) Bf16.Convert(Source + (row * Stride) + p, to, filled);
                    if (filled < depth) new Span<ushort>(to + filled, depth - filled).Clear();
                }

                Bf16.TransposePairs((uint*)rows, Block / 2, Width, depth / 2, (uint*)(panel + ((nint)p * Width)), Width);
            }
        }

        // The next piece of a row: too short a piece, in too many rows at once, for the processor to see it coming.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void FetchAhead(float* next)
        {
            if (!Sse.IsSupported) return;
            for (int i = 0; i < Block; i += 16) Sse.Prefetch0(next + i);
        }
    }
}
