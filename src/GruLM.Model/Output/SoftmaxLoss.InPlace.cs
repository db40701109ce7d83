// The output layer for few tokens: logits are made transposed, W Yᵀ, so that the weights are read where they lie, a block of the vocabulary
// at a time. Forward, a block's logits become e = exp(logit − m) at once, m being the block's own maximum for each token; its maxima and
// sums make those of the whole vocabulary, M and s. Backward, the block is brought to M and its products follow while it is in the caches:
//     dlogits = (e · exp(m − M) − s · onehot) · f,  f = 1 / (s · counted)
// where f is applied to the rows of Y and dY instead, which are short. Same equations as SoftmaxLoss.cs otherwise.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

internal abstract unsafe partial class SoftmaxLoss
{
    /// <summary>Rows of a block of the vocabulary.</summary>
    protected const int BlockRows = 64;

    // dY is summed in so many parts of the vocabulary at most, whatever the threads, and of so many blocks at least.
    private const int MostParts = 16;
    private const int FewestBlocks = 4;
    private AlignedBuffer<float> _fewTokens = new(0);

    /// <summary>As <see cref="Run"/> with gradients, reading W [V, H] where it lies, for at most <see cref="FewTokens.Most"/> rows; nothing
    /// needs packing.</summary>
    public LossSums RunInPlace(float* weights, float* y, ReadOnlySpan<int> targets, int rows, float* dY, float* dWeights, long counted)
    {
        int columns = FusedGruLayer.Padded(rows), blocks = (Vocab + BlockRows - 1) / BlockRows;
        int blocksAPart = Math.Max(FewestBlocks, (blocks + MostParts - 1) / MostParts), parts = (blocks + blocksAPart - 1) / blocksAPart;
        Reserve((long)Vocab * columns, rows);
        long state = (long)_paddedHidden * columns, length = (state * (parts + 2)) + (columns * ((2L * blocks) + 3));
        if (_fewTokens.Length < length)
        {
            _fewTokens.Dispose();
            _fewTokens = new AlignedBuffer<float>(length);
        }

        float* transposed = _fewTokens.Pointer, scaled = transposed + state, dParts = scaled + state, maxima = dParts + (state * parts),
            sums = maxima + ((long)blocks * columns);
        float* targetLogits = sums + ((long)blocks * columns);
        _compute.Transpose(y, _paddedHidden, rows, _hidden, transposed, columns);
        fixed (int* target = targets)
        {
            var columnsOf = new FewColumns
            {
                Weights = weights,
                Logits = _logits.Pointer,
                Transposed = transposed,
                Y = y,
                Scaled = scaled,
                DY = dY,
                DParts = dParts,
                DWeights = dWeights,
                Maxima = maxima,
                Sums = sums,
                TargetLogits = targetLogits,
                Factors = targetLogits + columns,
                Total = targetLogits + (2 * columns),
                Targets = target,
                Correct = _rowCorrect.Pointer,
                Nll = _rowNll.Pointer,
                Vocab = Vocab,
                Hidden = _hidden,
                PaddedHidden = _paddedHidden,
                Rows = rows,
                Columns = columns,
                Blocks = blocks,
                BlocksAPart = blocksAPart,
                Parts = parts,
            };
            RunFew(_compute, columnsOf, 1f / Math.Max(counted, 1));
        }

        return Sum(targets, rows, default);
    }

    protected abstract void RunFew(Compute compute, FewColumns columns, float scale);

    /// <summary>What the passes over blocks share: tokens are columns, padded to <see cref="Columns"/>; those beyond <see cref="Rows"/>
    /// hold whatever was there.</summary>
    protected struct FewColumns
    {
        public float* Weights, Logits, Transposed, Y, Scaled, DY, DParts, DWeights, Maxima, Sums, TargetLogits, Factors, Total;
        public int* Targets, Correct;
        public double* Nll;
        public int Vocab, Hidden, PaddedHidden, Rows, Columns, Blocks, BlocksAPart, Parts;

        /// <summary>Loss and arg max of each token from the blocks' maxima and sums, in the blocks' order; what each block is to be
        /// multiplied by replaces its maxima.</summary>
        public readonly void Combine(float scale)
        {
            for (int c = 0; c < Rows; c++)
            {
                int target = Targets[c];
                float max = float.NegativeInfinity, sum = 0;
                int first = -1;
                for (int b = 0; b < Blocks; b++)
                {
                    float m = Maxima[((nint)b * Columns) + c];
                    if (first < 0 || m > max || float.IsNaN(m)) (max, first) = (m, b);
                    if (float.IsNaN(m)) break;
                }

                for (int b = 0; b < Blocks; b++)
                {
                    float* m = Maxima + ((nint)b * Columns) + c;
                    *m = MathF.Exp(*m - max);
                    sum += Sums[((nint)b * Columns) + c] * *m;
                }

                bool counts = target != TokenBatch.Ignored;
                Total[c] = sum;
                Factors[c] = counts ? scale / sum : 0;
                Nll[c] = counts ? Math.Log(sum) + max - TargetLogits[c] : 0;

                // Correct[c] says so far whether the target is the first maximum of its block.
                if (!counts || TargetLogits[c] != max || target / BlockRows != first) Correct[c] = 0;
                float* y = Y + ((nint)c * PaddedHidden), scaled = Scaled + ((nint)c * PaddedHidden);
                for (int j = 0; j < PaddedHidden; j++) scaled[j] = y[j] * Factors[c];
            }
        }
    }
}

internal sealed unsafe partial class SoftmaxLoss<S, V>
{
    protected override void RunFew(Compute compute, FewColumns columns, float scale)
    {
        var forward = new FewForward { All = columns };
        compute.Team.Run(ref forward, columns.Blocks);
        columns.Combine(scale);
        var backward = new FewBackward { All = columns };
        compute.Team.Run(ref backward, columns.Parts);
        var sum = new FewSum { All = columns };
        compute.Team.Run(ref sum, (columns.Rows + FewSum.Block - 1) / FewSum.Block);
    }

    // Logits of one block of the vocabulary, then their exponentials, maxima and sums.
    private struct FewForward : IParallelJob
    {
        public FewColumns All;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            int first = item * BlockRows, end = Math.Min(All.Vocab, first + BlockRows), columns = All.Columns;
            new InPlaceProduct<S, V>
            {
                A = All.Weights,
                RowStride = All.Hidden,
                ColumnStride = 1,
                M = All.Vocab,
                K = All.Hidden,
                B = All.Transposed,
                StrideB = columns,
                N = columns,
                C = All.Logits,
                StrideC = columns,
            }.Block(first, end, 0, columns);
            float* block = All.Logits + ((nint)first * columns), maxima = All.Maxima + ((nint)item * columns),
                sums = All.Sums + ((nint)item * columns);
            for (int c = 0; c < columns; c += S.Width)
            {
                V max = S.Load(block + c);
                for (int i = 1; i < end - first; i++) max = S.Max(max, S.Load(block + ((nint)i * columns) + c));
                S.Store(maxima + c, max);
            }

            for (int c = 0; c < All.Rows; c++)
            {
                int target = All.Targets[c] - first;
                if (target >= 0 && target < end - first) Target(block + c, target, c, maxima[c]);
            }

            for (int c = 0; c < columns; c += S.Width) S.Store(sums + c, ExpSum(block + c, end - first, S.Load(maxima + c)));
        }

        private readonly void Target(float* column, int target, int c, float max)
        {
            float logit = column[(nint)target * All.Columns];
            bool first = logit == max;
            for (int i = 0; i < target && first; i++) first = column[(nint)i * All.Columns] != max;
            All.TargetLogits[c] = logit;
            All.Correct[c] = first ? 1 : 0;
        }

        // Four sums, so that none waits for itself and rounding stays small.
        private readonly V ExpSum(float* x, int rows, V max)
        {
            nint stride = All.Columns;
            V s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero;
            int i = 0;
            for (; i + 4 <= rows; i += 4, x += 4 * stride)
            {
                s0 = S.Add(s0, Exp(x, max));
                s1 = S.Add(s1, Exp(x + stride, max));
                s2 = S.Add(s2, Exp(x + (2 * stride), max));
                s3 = S.Add(s3, Exp(x + (3 * stride), max));
            }

            for (; i < rows; i++, x += stride) s0 = S.Add(s0, Exp(x, max));
            return S.Add(S.Add(s0, s1), S.Add(s2, s3));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Exp(float* x, V max)
        {
            V e = VectorMath<S, V>.Exp(S.Subtract(S.Load(x), max));
            S.Store(x, e);
            return e;
        }
    }

    // dW of a part of the vocabulary, and that part's share of dY.
    private struct FewBackward : IParallelJob
    {
        public FewColumns All;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            int columns = All.Columns, start = item * All.BlocksAPart * BlockRows,
                end = Math.Min(All.Vocab, start + (All.BlocksAPart * BlockRows));
            for (int first = start; first < end; first += BlockRows) Gradients(first, Math.Min(end, first + BlockRows));
            float* dY = All.DParts + ((nint)item * All.PaddedHidden * columns);
            new InPlaceProduct<S, V>
            {
                A = All.Logits + ((nint)start * columns),
                RowStride = 1,
                ColumnStride = columns,
                M = All.Rows,
                K = end - start,
                B = All.Weights + ((nint)start * All.Hidden),
                StrideB = All.Hidden,
                N = All.Hidden,
                C = dY,
                StrideC = All.PaddedHidden,
            }.Block(0, All.Rows, 0, All.Hidden);
        }

        private readonly void Gradients(int first, int end)
        {
            int columns = All.Columns;
            float* block = All.Logits + ((nint)first * columns), factors = All.Maxima + ((nint)(first / BlockRows) * columns);
            for (int c = 0; c < columns; c += S.Width)
            {
                V factor = S.Load(factors + c);
                float* x = block + c;
                for (int i = first; i < end; i++, x += columns) S.Store(x, S.Multiply(S.Load(x), factor));
            }

            for (int c = 0; c < All.Rows; c++)
            {
                int target = All.Targets[c];
                if (target >= first && target < end) block[((nint)(target - first) * columns) + c] -= All.Total[c];
            }

            new InPlaceProduct<S, V>
            {
                A = All.Logits,
                RowStride = columns,
                ColumnStride = 1,
                M = All.Vocab,
                K = All.Rows,
                B = All.Scaled,
                StrideB = All.PaddedHidden,
                N = All.Hidden,
                C = All.DWeights,
                StrideC = All.Hidden,
                Add = true,
            }.Block(first, end, 0, All.Hidden);
        }
    }

    // dY of some tokens from its parts.
    private struct FewSum : IParallelJob
    {
        public const int Block = 8;
        public FewColumns All;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            nint part = (nint)All.PaddedHidden * All.Columns;
            for (int row = item * Block, end = Math.Min(All.Rows, row + Block); row < end; row++)
            {
                V factor = S.Splat(All.Factors[row]);
                float* from = All.DParts + ((nint)row * All.PaddedHidden), to = All.DY + ((nint)row * All.PaddedHidden);
                for (int j = 0; j < All.Hidden; j += S.Width)
                {
                    V sum = S.Load(from + j);
                    for (int p = 1; p < All.Parts; p++) sum = S.Add(sum, S.Load(from + (p * part) + j));
                    S.Store(to + j, S.Multiply(sum, factor));
                }

                new Span<float>(to + All.Hidden, All.PaddedHidden - All.Hidden).Clear();
            }
        }
    }
}
