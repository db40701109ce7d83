// The output layer for few tokens: logits are made transposed, W Yᵀ, so that the weights are read where they lie, and the row passes
// become column passes, a vector of tokens at a time. With e = exp(logit − max) and s = Σ e, dlogits = (e − s · onehot) · f, f = 1 / (s · counted):
// the factor is applied to the rows of Y and dY instead, which are short. Same equations as SoftmaxLoss.cs otherwise.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

internal abstract unsafe partial class SoftmaxLoss
{
    private AlignedBuffer<float> transposedRows = new(0);
    private AlignedBuffer<float> factors = new(0);

    /// <summary>As <see cref="Run"/> with gradients, reading W [V, H] where it lies, for at most <see cref="FewTokens.Most"/> rows; nothing needs packing.</summary>
    public LossSums RunInPlace(float* weights, float* y, ReadOnlySpan<int> targets, int rows, float* dY, float* dWeights, long counted)
    {
        int padded = FusedGruLayer.Padded(rows);
        Reserve((long)Vocab * padded, rows);
        long length = (long)paddedHidden * padded;
        if (transposedRows.Length < length)
        {
            transposedRows.Dispose();
            factors.Dispose();
            transposedRows = new AlignedBuffer<float>(length);
            factors = new AlignedBuffer<float>(padded);
        }

        float* factor = factors.Pointer, scaled = transposedRows.Pointer;

        compute.Transpose(y, paddedHidden, rows, hidden, transposedRows.Pointer, padded);
        compute.MultiplyInPlace(weights, hidden, 1, Vocab, hidden, transposedRows.Pointer, padded, rows, logits.Pointer, padded, add: false);
        fixed (int* target = targets) SoftmaxColumns(compute, logits.Pointer, padded, target, rows, 1f / Math.Max(counted, 1), factor, rowNll.Pointer, rowCorrect.Pointer);
        compute.MultiplyInPlace(logits.Pointer, 1, padded, rows, Vocab, weights, hidden, hidden, dY, paddedHidden, add: false);
        for (int i = 0; i < rows; i++)
        {
            float* from = y + ((long)i * paddedHidden), to = scaled + ((long)i * paddedHidden), d = dY + ((long)i * paddedHidden);
            for (int j = 0; j < hidden; j++)
            {
                to[j] = from[j] * factor[i];
                d[j] *= factor[i];
            }
        }

        compute.MultiplyInPlace(logits.Pointer, padded, 1, Vocab, rows, scaled, paddedHidden, hidden, dWeights, hidden, add: true);
        return Sum(targets, rows, default);
    }

    protected abstract void SoftmaxColumns(Compute compute, float* logits, int stride, int* targets, int columns, float scale, float* factors, double* nll, int* correct);
}

internal sealed unsafe partial class SoftmaxLoss<S, V>
{
    protected override void SoftmaxColumns(Compute compute, float* logits, int stride, int* targets, int columns, float scale, float* factors, double* nll, int* correct)
    {
        var job = new ColumnsJob { Logits = logits, Stride = stride, Targets = targets, Columns = columns, Vocab = Vocab, Scale = scale, Factors = factors, Nll = nll, Correct = correct };
        compute.Team.Run(ref job, (columns + S.Width - 1) / S.Width);
    }

    // Loss and arg max of a vector of tokens; their logits become the gradient but for the factor. Columns beyond the last hold whatever was there.
    private struct ColumnsJob : IParallelJob
    {
        public float* Logits, Factors;
        public int* Targets, Correct;
        public double* Nll;
        public int Stride, Columns, Vocab;
        public float Scale;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            int first = item * S.Width, count = Math.Min(S.Width, Columns - first);
            float* x = Logits + first, end = x + ((nint)Vocab * Stride);
            float* max = stackalloc float[S.Width], sum = stackalloc float[S.Width];
            V best = S.Load(x);
            for (float* v = x + Stride; v < end; v += Stride) best = S.Max(best, S.Load(v));
            S.Store(max, best);
            for (int i = 0; i < count; i++)
            {
                int target = Targets[first + i];
                if (target == TokenBatch.Ignored) continue;
                float logit = x[((nint)target * Stride) + i];
                Correct[first + i] = logit == max[i] && IsFirst(x + i, target, logit) ? 1 : 0;
                Nll[first + i] = max[i] - logit;
            }

            S.Store(sum, ExpSum(x, end, best));
            for (int i = 0; i < count; i++)
            {
                bool counts = Targets[first + i] != TokenBatch.Ignored;
                if (counts) Nll[first + i] += Math.Log(sum[i]);
                else (Nll[first + i], Correct[first + i]) = (0, 0);
                Factors[first + i] = counts ? Scale / sum[i] : 0;
                if (counts) x[((nint)Targets[first + i] * Stride) + i] -= sum[i];
            }
        }

        // Four sums, so that none waits for itself and rounding stays small.
        private readonly V ExpSum(float* x, float* end, V max)
        {
            V s0 = S.Zero, s1 = S.Zero, s2 = S.Zero, s3 = S.Zero;
            for (; x + (3 * (nint)Stride) < end; x += 4 * (nint)Stride)
            {
                s0 = S.Add(s0, Exp(x, max));
                s1 = S.Add(s1, Exp(x + Stride, max));
                s2 = S.Add(s2, Exp(x + (2 * (nint)Stride), max));
                s3 = S.Add(s3, Exp(x + (3 * (nint)Stride), max));
            }

            for (; x < end; x += Stride) s0 = S.Add(s0, Exp(x, max));
            return S.Add(S.Add(s0, s1), S.Add(s2, s3));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Exp(float* x, V max)
        {
            V e = VectorMath<S, V>.Exp(S.Subtract(S.Load(x), max));
            S.Store(x, e);
            return e;
        }

        private readonly bool IsFirst(float* column, int target, float max)
        {
            for (int v = 0; v < target; v++)
                if (column[(nint)v * Stride] == max) return false;
            return true;
        }
    }
}
