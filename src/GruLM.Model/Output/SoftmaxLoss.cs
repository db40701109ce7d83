// Output layer and cross-entropy together: logits = Y Wᵀ, loss = −log softmax(logits)[target], and with p = softmax,
// dlogits = (p − onehot(target)) / tokens,  dY = dlogits W,  dW += dlogitsᵀ Y.
// Rows are worked through in chunks, so that the logits of a whole batch never exist and dlogits overwrite the logits.
// The plain twin is in PlainGruModel.cs.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>The output layer [V, H] with softmax cross-entropy, for any vector width. Weights are packed by <see cref="Pack"/> after each
/// change.</summary>
internal abstract unsafe partial class SoftmaxLoss : IDisposable
{
    // Logits held at a time: few enough to stay in the last-level cache, rows enough that adding to dW is cheap beside computing it.
    private const int ChunkLogits = 1 << 22;
    private const int FewestRows = 256;

    private readonly Compute _compute;
    private readonly int _hidden;
    private readonly int _paddedHidden;
    private readonly PackedMatrix _forward;
    private readonly PackedMatrix _backward;
    private readonly PackedMatrix _packedRows;
    private AlignedBuffer<float> _logits = new(0);
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
                SoftmaxRows(_compute, _logits.Pointer, target + first, count, dY == null ? 0 : 1f / Math.Max(counted, 1),
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

    protected abstract void SoftmaxRows(Compute compute, float* logits, int* targets, int rows, float scale, double* nll, int* correct);

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
            where V : unmanaged => new SoftmaxLoss<S, V>(compute, vocab, hidden);
    }
}

/// <summary>The row passes of <see cref="SoftmaxLoss"/> for the vector width <typeparamref name="S"/>.</summary>
internal sealed unsafe partial class SoftmaxLoss<S, V>(Compute compute, int vocab, int hidden) : SoftmaxLoss(compute, vocab, hidden)
    where S : struct, ISimd<V>
    where V : unmanaged
{
    protected override void SoftmaxRows(Compute compute, float* logits, int* targets, int rows, float scale, double* nll, int* correct)
    {
        var job = new RowsJob
        {
            Logits = logits,
            Targets = targets,
            Rows = rows,
            Vocab = Vocab,
            Stride = LogitStride,
            Scale = scale,
            Nll = nll,
            Correct = correct
        };
        compute.Team.Run(ref job, (rows + RowsJob.Block - 1) / RowsJob.Block);
    }

    // Loss and arg max of some rows; with a scale, the logits become the scaled gradient.
    private struct RowsJob : IParallelJob
    {
        public const int Block = 4;
        public float* Logits;
        public int* Targets, Correct;
        public double* Nll;
        public int Rows, Vocab, Stride;
        public float Scale;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            int end = Math.Min(Rows, (item + 1) * Block);
            for (int row = item * Block; row < end; row++)
            {
                float* x = Logits + ((long)row * Stride);
                int target = Targets[row];
                if (target == TokenBatch.Ignored)
                {
                    new Span<float>(x, Vocab).Clear();
                    Nll[row] = 0;
                    Correct[row] = 0;
                    continue;
                }

                float max = Max(x);
                Correct[row] = IsFirstMaximum(x, target, max) ? 1 : 0;
                float targetLogit = x[target];
                float sum = ExpSum(x, max);
                Nll[row] = Math.Log(sum) + max - targetLogit;
                if (Scale == 0) continue;
                Multiply(x, Scale / sum);
                x[target] -= Scale;
            }
        }

        private static bool IsFirstMaximum(float* x, int target, float max)
        {
            if (x[target] != max) return false;
            return new ReadOnlySpan<float>(x, target).IndexOf(max) < 0;
        }

        private readonly float Max(float* x)
        {
            V best = S.Splat(float.NegativeInfinity);
            int i = 0;
            for (; i + S.Width <= Vocab; i += S.Width) best = S.Max(best, S.Load(x + i));
            float max = S.MaxLane(best);
            for (; i < Vocab; i++) max = MathF.Max(max, x[i]);
            return max;
        }

        // Replaces x by exp(x − max) and returns the sum. Two sums, because one would wait for itself.
        private readonly float ExpSum(float* x, float max)
        {
            V shift = S.Splat(max), s0 = S.Zero, s1 = S.Zero;
            int i = 0;
            for (; i + (2 * S.Width) <= Vocab; i += 2 * S.Width)
            {
                V a = VectorMath<S, V>.Exp(S.Subtract(S.Load(x + i), shift));
                V b = VectorMath<S, V>.Exp(S.Subtract(S.Load(x + i + S.Width), shift));
                S.Store(x + i, a);
                S.Store(x + i + S.Width, b);
                s0 = S.Add(s0, a);
                s1 = S.Add(s1, b);
            }

            float sum = S.Sum(S.Add(s0, s1));
            for (; i < Vocab; i++)
            {
                x[i] = MathF.Exp(x[i] - max);
                sum += x[i];
            }

            return sum;
        }

        private readonly void Multiply(float* x, float factor)
        {
            V f = S.Splat(factor);
            int i = 0;
            for (; i + S.Width <= Vocab; i += S.Width) S.Store(x + i, S.Multiply(S.Load(x + i), f));
            for (; i < Vocab; i++) x[i] *= factor;
        }
    }
}
