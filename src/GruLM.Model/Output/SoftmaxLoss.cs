// Output layer and cross-entropy together: logits = Y Wᵀ, loss = −log softmax(logits)[target], and with p = softmax,
// dlogits = (p − onehot(target)) / tokens,  dY = dlogits W,  dW += dlogitsᵀ Y.
// Rows are worked through in chunks, so that the logits of a whole batch never exist and dlogits overwrite the logits.
// The plain twin is in PlainGruModel.cs.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>The output layer [V, H] with softmax cross-entropy, for any vector width. Weights are packed by <see cref="Pack"/> after each
/// change.</summary>
internal abstract unsafe class SoftmaxLoss : IDisposable
{
    // Logits held at a time: few enough to stay in the last-level cache, rows enough that adding to dW is cheap beside computing it.
    private const int ChunkLogits = 1 << 22;
    private const int FewestRows = 256;

    // dY is summed in so many parts of the vocabulary at most, whatever the threads, and of so many blocks at least.
    private const int MostParts = 16;
    private const int FewestBlocks = 4;

    private readonly Compute _compute;
    private readonly int _hidden;
    private readonly int _paddedHidden;
    private readonly PackedMatrix _forward;
    private readonly PackedMatrix _backward;
    private readonly PackedMatrix _packedRows;
    private AlignedBuffer<float> _logits = new(0);
    private AlignedBuffer<float> _fewTokens = new(0);
    private AlignedBuffer<double> _rowNll = new(0);
    private AlignedBuffer<int> _rowCorrect = new(0);

    protected SoftmaxLoss(Compute compute, int vocab, int hidden)
    {
        _compute = compute;
        _hidden = hidden;
        Vocab = vocab;
        _paddedHidden = FusedGruLayer.Padded(hidden);

        // Rows a multiple of 4 KB apart would all fall into the same cache sets.
        LogitStride = FusedGruLayer.Padded(vocab) + 16;
        _forward = compute.NewPacked(hidden, vocab);
        _backward = compute.NewPacked(0, hidden);
        _packedRows = compute.NewPacked(0, hidden);
    }

    protected int Vocab { get; }

    protected int LogitStride { get; }

    public static SoftmaxLoss Create(Compute compute, int vocab, int hidden) =>
        KernelDispatch.Run<Factory, SoftmaxLoss>(compute.Path, new Factory(compute, vocab, hidden));

    public void Pack(float* weights, bool forTraining)
    {
        _compute.PackTransposed(weights, _hidden, _hidden, null, _forward);
        if (!forTraining) return;
        _backward.Reshape(Vocab, _hidden);
        _compute.PackRows(weights, _hidden, _hidden, null, _backward);
    }

    /// <summary>Loss over <paramref name="rows"/> rows of Y [rows, H'] against their targets. With <paramref name="dY"/> given, also dY
    /// [rows, H'] and dW [V, H] (added), of the loss divided by <paramref name="counted"/>. <paramref name="logProbs"/>, when given,
    /// receives each target's log-probability.</summary>
    public LossSums Run(float* y, ReadOnlySpan<int> targets, int rows, float* dY, float* dWeights, long counted, Span<float> logProbs)
    {
        int chunk = Math.Min(rows, Math.Max(FewestRows, ChunkLogits / LogitStride));
        Reserve((long)chunk * LogitStride, rows);
        fixed (int* target = targets)
        {
            for (int first = 0; first < rows; first += chunk)
            {
                int count = Math.Min(chunk, rows - first);
                float* part = y + ((long)first * _paddedHidden);
                _compute.Multiply(part, _paddedHidden, count, _forward, _logits.Pointer, LogitStride, add: false);
                SoftmaxRows(_logits.Pointer, target + first, count, dY == null ? 0 : 1f / Math.Max(counted, 1),
                    _rowNll.Pointer + first, _rowCorrect.Pointer + first);
                if (dY == null) continue;
                _compute.Multiply(_logits.Pointer, LogitStride, count, _backward, dY + ((long)first * _paddedHidden), _paddedHidden,
                    add: false);
                _packedRows.Reshape(count, _hidden);
                _compute.PackRows(part, _paddedHidden, _hidden, null, _packedRows);
                _compute.MultiplyTransposed(_logits.Pointer, LogitStride, Vocab, _packedRows, dWeights, _hidden, add: true);
            }
        }

        return Sum(targets, rows, logProbs);
    }

    /// <summary>As <see cref="Run"/> with gradients, reading W [V, H] where it lies, for at most <see cref="FewTokens.Most"/> rows; nothing
    /// needs packing.</summary>
    public LossSums RunInPlace(float* weights, float* y, ReadOnlySpan<int> targets, int rows, float* dY, float* dWeights, long counted)
    {
        int columns = FusedGruLayer.Padded(rows), blocks = (Vocab + FewTokenColumns.BlockRows - 1) / FewTokenColumns.BlockRows;
        int blocksAPart = Math.Max(FewestBlocks, (blocks + MostParts - 1) / MostParts), parts = (blocks + blocksAPart - 1) / blocksAPart;
        Reserve((long)Vocab * columns, rows);
        long state = (long)_paddedHidden * columns, length = (state * (parts + 2)) + (columns * ((2L * blocks) + 3));
        if (_fewTokens.Length < length)
        {
            _fewTokens.Dispose();
            _fewTokens = new AlignedBuffer<float>(length);
        }

        float* transposed = _fewTokens.Pointer, scaled = transposed + state, dParts = scaled + state;
        float* maxima = dParts + (state * parts), sums = maxima + ((long)blocks * columns);
        float* targetLogits = sums + ((long)blocks * columns);
        _compute.Transpose(y, _paddedHidden, rows, _hidden, transposed, columns);
        fixed (int* target = targets)
        {
            var all = new FewTokenColumns
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
            RunInBlocks(all, 1f / Math.Max(counted, 1));
        }

        return Sum(targets, rows, default);
    }

    // In row order, so that the figure does not depend on the threads.
    private LossSums Sum(ReadOnlySpan<int> targets, int rows, Span<float> logProbs)
    {
        var sums = default(LossSums);
        for (int i = 0; i < rows; i++)
        {
            if (!logProbs.IsEmpty) logProbs[i] = (float)-_rowNll.Pointer[i];
            if (targets[i] != TokenBatch.Ignored) sums += new LossSums(_rowNll.Pointer[i], 1, _rowCorrect.Pointer[i]);
        }

        return sums;
    }

    public void Dispose()
    {
        _forward.Dispose();
        _backward.Dispose();
        _packedRows.Dispose();
        _fewTokens.Dispose();
        _logits.Dispose();
        _rowNll.Dispose();
        _rowCorrect.Dispose();
    }

    /// <summary>Loss and arg max of rows of logits [rows, V]; with a scale, they become the scaled gradient.</summary>
    protected abstract void SoftmaxRows(float* logits, int* targets, int rows, float scale, double* nll, int* correct);

    /// <summary>Loss and all gradients of few tokens.</summary>
    protected abstract void RunInBlocks(FewTokenColumns columns, float scale);

    private void Reserve(long length, int rows)
    {
        if (_logits.Length < length)
        {
            _logits.Dispose();
            _logits = new AlignedBuffer<float>(length);
        }

        if (_rowNll.Length >= rows) return;
        _rowNll.Dispose();
        _rowCorrect.Dispose();
        _rowNll = new AlignedBuffer<double>(rows);
        _rowCorrect = new AlignedBuffer<int>(rows);
    }

    private readonly struct Factory(Compute compute, int vocab, int hidden) : ISimdWork<SoftmaxLoss>
    {
        public SoftmaxLoss Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged => new VectorSoftmaxLoss<S, V>(compute, vocab, hidden);
    }
}
