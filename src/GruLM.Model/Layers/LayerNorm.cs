// Layer normalisation (Ba, Kiros and Hinton 2016) of what one layer hands to the next: y = γ ⊙ x̂ + β, x̂ = (x − mean) / √(variance + ε),
// mean and variance over a row's units. Backward, with dy given:  dγ = Σ dy ⊙ x̂   dβ = Σ dy
//     dx = (g − mean(g) − x̂ · mean(g ⊙ x̂)) / √(variance + ε),  g = γ ⊙ dy
// Rows are shared out forwards and for dx, columns for the parameters' gradients: each number is summed by one thread in one order.
// The plain twin is PlainLayerNorm.cs.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Layer normalisation over rows [N, H'], H' being H padded with zeros to a multiple of 16.</summary>
internal static unsafe class LayerNorm
{
    /// <summary>ε: keeps a row of equal numbers finite.</summary>
    public const float Epsilon = 1e-5f;

    private const int RowsAnItem = 16;
    private const int ColumnsAnItem = 64;

    /// <summary>Rows to normalise: x [N, H'] with <see cref="Width"/> numbers in each, and their statistics [N, 2], mean and
    /// 1 / √(variance + ε), which the forward pass writes and the backward pass reads.</summary>
    internal struct Rows
    {
        public float* X, Statistics;
        public int Count, Width, Padded;

        public readonly float* Row(int i) => X + ((nint)i * Padded);

        public readonly float* StatisticsOf(int i) => Statistics + (2 * (nint)i);
    }

    /// <summary>y = γ ⊙ x̂ + β for each row; y is [N, H'].</summary>
    internal static void Forward(Compute compute, Rows rows, float* gain, float* bias, float* y)
    {
        var job = new ForwardJob { X = rows, Y = y, Gain = gain, Bias = bias };
        KernelDispatch.Run(compute, job, Items(rows.Count, RowsAnItem));
    }

    /// <summary>From dy in <paramref name="d"/> [N, H'] to dx in its place; adds to the gradients of γ and β.</summary>
    internal static void Backward(Compute compute, Rows rows, float* gain, float* d, float* dGain, float* dBias)
    {
        var columns = new ColumnsJob { X = rows, D = d, DGain = dGain, DBias = dBias };
        KernelDispatch.Run(compute, columns, Items(rows.Width, ColumnsAnItem));
        var job = new BackwardJob { X = rows, D = d, Gain = gain };
        KernelDispatch.Run(compute, job, Items(rows.Count, RowsAnItem));
    }

    /// <summary>One row of <paramref name="width"/> numbers on the calling thread: y = γ ⊙ x̂ + β.</summary>
    public static void Row(Compute compute, float* x, int width, float* gain, float* bias, float* y) =>
        KernelDispatch.Run<RowWork, int>(compute.Path, new RowWork { X = x, Width = width, Gain = gain, Bias = bias, Y = y });

    private static int Items(int count, int perItem) => (count + perItem - 1) / perItem;

    // Returns mean and 1 / √(variance + ε).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float Mean, float Scale) Row<S, V>(float* x, int width, float* gain, float* bias, float* y)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int whole = width - (width % S.Width), j = 0;
        V sums = S.Zero;
        for (; j < whole; j += S.Width) sums = S.Add(sums, S.Load(x + j));
        float sum = S.Sum(sums);
        for (; j < width; j++) sum += x[j];
        float mean = sum / width;
        V means = S.Splat(mean), squares = S.Zero;
        for (j = 0; j < whole; j += S.Width)
        {
            V centred = S.Subtract(S.Load(x + j), means);
            squares = S.Add(squares, S.Multiply(centred, centred));
        }

        float square = S.Sum(squares);
        for (; j < width; j++) square += (x[j] - mean) * (x[j] - mean);
        float scale = 1 / MathF.Sqrt((square / width) + Epsilon);
        V scales = S.Splat(scale);
        for (j = 0; j < whole; j += S.Width)
        {
            V normal = S.Multiply(S.Subtract(S.Load(x + j), means), scales);
            S.Store(y + j, S.Add(S.Multiply(normal, S.Load(gain + j)), S.Load(bias + j)));
        }

        for (; j < width; j++) y[j] = ((x[j] - mean) * scale * gain[j]) + bias[j];
        return (mean, scale);
    }

    private struct RowWork : ISimdWork<int>
    {
        public float* X, Gain, Bias, Y;
        public int Width;

        public readonly int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            Row<S, V>(X, Width, Gain, Bias, Y);
            return Width;
        }
    }

    private struct ForwardJob : ISimdJob
    {
        public Rows X;
        public float* Y, Gain, Bias;

        public readonly void Execute<S, V>(int item, int thread)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            for (int i = item * RowsAnItem, end = Math.Min(X.Count, i + RowsAnItem); i < end; i++)
            {
                float* y = Y + ((nint)i * X.Padded), statistics = X.StatisticsOf(i);
                (statistics[0], statistics[1]) = Row<S, V>(X.Row(i), X.Width, Gain, Bias, y);
                new Span<float>(y + X.Width, X.Padded - X.Width).Clear();
            }
        }
    }

    // dγ and dβ of some columns, over all rows in their order.
    private struct ColumnsJob : ISimdJob
    {
        public Rows X;
        public float* D, DGain, DBias;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute<S, V>(int item, int thread)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            int start = item * ColumnsAnItem, columns = Math.Min(ColumnsAnItem, X.Width - start);
            float* gains = stackalloc float[ColumnsAnItem], biases = stackalloc float[ColumnsAnItem];
            new Span<float>(gains, ColumnsAnItem).Clear();
            new Span<float>(biases, ColumnsAnItem).Clear();
            for (int i = 0; i < X.Count; i++)
            {
                float* x = X.Row(i) + start, d = D + ((nint)i * X.Padded) + start;
                V mean = S.Splat(X.StatisticsOf(i)[0]), scale = S.Splat(X.StatisticsOf(i)[1]);

                // The padding of a row ends at a multiple of sixteen, and is zero in d.
                for (int j = 0; j < columns; j += S.Width)
                {
                    V dy = S.Load(d + j), centred = S.Subtract(S.Load(x + j), mean);
                    S.Store(gains + j, S.Add(S.Load(gains + j), S.Multiply(S.Multiply(dy, centred), scale)));
                    S.Store(biases + j, S.Add(S.Load(biases + j), dy));
                }
            }

            for (int j = 0; j < columns; j++)
            {
                DGain[start + j] += gains[j];
                DBias[start + j] += biases[j];
            }
        }
    }

    private struct BackwardJob : ISimdJob
    {
        public Rows X;
        public float* D, Gain;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute<S, V>(int item, int thread)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            for (int i = item * RowsAnItem, end = Math.Min(X.Count, i + RowsAnItem); i < end; i++)
            {
                float* x = X.Row(i), d = D + ((nint)i * X.Padded);
                V mean = S.Splat(X.StatisticsOf(i)[0]), scale = S.Splat(X.StatisticsOf(i)[1]);

                // dy and γ are zero in the padding: whole vectors to its end.
                V sum = S.Zero, dot = S.Zero;
                for (int j = 0; j < X.Width; j += S.Width)
                {
                    V g = S.Multiply(S.Load(Gain + j), S.Load(d + j));
                    sum = S.Add(sum, g);
                    dot = S.Add(dot, S.Multiply(S.Multiply(g, S.Subtract(S.Load(x + j), mean)), scale));
                }

                V meanG = S.Splat(S.Sum(sum) / X.Width), meanDot = S.Splat(S.Sum(dot) / X.Width);
                for (int j = 0; j < X.Width; j += S.Width)
                {
                    V normal = S.Multiply(S.Subtract(S.Load(x + j), mean), scale), g = S.Multiply(S.Load(Gain + j), S.Load(d + j));
                    S.Store(d + j, S.Multiply(S.Subtract(S.Subtract(g, meanG), S.Multiply(normal, meanDot)), scale));
                }

                new Span<float>(d + X.Width, X.Padded - X.Width).Clear();
            }
        }
    }
}
