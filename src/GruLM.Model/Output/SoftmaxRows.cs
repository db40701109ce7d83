// Soft-max, loss and its gradient in rows of logits, in the row's own place. exp is VectorMath's; sums are in a fixed order.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Loss and arg max of some rows; with a scale, the logits become the scaled gradient.</summary>
internal unsafe struct SoftmaxRows<S, V> : IParallelJob
    where S : struct, ISimd<V>
    where V : unmanaged
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
