// Layer normalisation (Ba, Kiros and Hinton 2016) of what one layer hands to the next: y = γ ⊙ x̂ + β, x̂ = (x − mean) / √(variance + ε),
// mean and variance over a row's units. Backward, with dy given:  dγ = Σ dy ⊙ x̂   dβ = Σ dy
//     dx = (g − mean(g) − x̂ · mean(g ⊙ x̂)) / √(variance + ε),  g = γ ⊙ dy
// Rows are shared out forwards and for dx, columns for the parameters' gradients: each number is summed by one thread in one order.
// The plain twin is PlainLayerNorm.cs.

using System.Numerics;
using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Layer normalisation over rows [N, H'], H' being H padded with zeros to a multiple of 16.</summary>
public static unsafe class LayerNorm
{
    /// <summary>ε: keeps a row of equal numbers finite.</summary>
    public const float Epsilon = 1e-5f;

    /// <summary>y = γ ⊙ x̂ + β for each row; <paramref name="statistics"/> [N, 2] receives mean and 1 / √(variance + ε), which
    /// <see cref="Backward"/> needs.</summary>
    internal static void Forward(Compute compute, float* x, int rows, int width, int padded, float* gain, float* bias, float* y,
        float* statistics)
    {
        var job = new ForwardJob
        {
            X = x,
            Y = y,
            Gain = gain,
            Bias = bias,
            Statistics = statistics,
            Rows = rows,
            Width = width,
            Padded = padded
        };
        compute.Team.Run(ref job, (rows + ForwardJob.Block - 1) / ForwardJob.Block);
    }

    /// <summary>From dy in <paramref name="d"/> to dx in its place; adds to the gradients of γ and β.</summary>
    internal static void Backward(Compute compute, float* x, int rows, int width, int padded, float* gain, float* statistics, float* d,
        float* dGain, float* dBias)
    {
        var columns = new ColumnsJob
        {
            X = x,
            D = d,
            Statistics = statistics,
            DGain = dGain,
            DBias = dBias,
            Rows = rows,
            Width = width,
            Padded = padded
        };
        compute.Team.Run(ref columns, (width + ColumnsJob.Block - 1) / ColumnsJob.Block);
        var job = new BackwardJob { X = x, D = d, Gain = gain, Statistics = statistics, Rows = rows, Width = width, Padded = padded };
        compute.Team.Run(ref job, (rows + ForwardJob.Block - 1) / ForwardJob.Block);
    }

    /// <summary>One row of <paramref name="width"/> numbers; returns its mean and 1 / √(variance + ε).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Mean, float Scale) Row(float* x, int width, float* gain, float* bias, float* y)
    {
        int whole = width - (width % Vector<float>.Count), j = 0;
        Vector<float> sums = Vector<float>.Zero;
        for (; j < whole; j += Vector<float>.Count) sums += Vector.Load(x + j);
        float sum = Vector.Sum(sums);
        for (; j < width; j++) sum += x[j];
        float mean = sum / width;
        Vector<float> squares = Vector<float>.Zero;
        for (j = 0; j < whole; j += Vector<float>.Count)
        {
            Vector<float> centred = Vector.Load(x + j) - new Vector<float>(mean);
            squares += centred * centred;
        }

        float square = Vector.Sum(squares);
        for (; j < width; j++) square += (x[j] - mean) * (x[j] - mean);
        float scale = 1 / MathF.Sqrt((square / width) + Epsilon);
        for (j = 0; j < whole; j += Vector<float>.Count)
        {
            (((Vector.Load(x + j) - new Vector<float>(mean)) * scale * Vector.Load(gain + j)) + Vector.Load(bias + j)).Store(y + j);
        }

        for (; j < width; j++) y[j] = ((x[j] - mean) * scale * gain[j]) + bias[j];
        return (mean, scale);
    }

    private struct ForwardJob : IParallelJob
    {
        public const int Block = 16;
        public float* X, Y, Gain, Bias, Statistics;
        public int Rows, Width, Padded;

        public readonly void Execute(int item, int thread)
        {
            for (int i = item * Block, end = Math.Min(Rows, i + Block); i < end; i++)
            {
                float* y = Y + ((nint)i * Padded);
                (Statistics[2 * (nint)i], Statistics[(2 * (nint)i) + 1]) = Row(X + ((nint)i * Padded), Width, Gain, Bias, y);
                new Span<float>(y + Width, Padded - Width).Clear();
            }
        }
    }

    private struct ColumnsJob : IParallelJob
    {
        public const int Block = 64;
        public float* X, D, Statistics, DGain, DBias;
        public int Rows, Width, Padded;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            int start = item * Block, columns = Math.Min(Block, Width - start);
            float* sums = stackalloc float[2 * Block];
            new Span<float>(sums, 2 * Block).Clear();
            for (int i = 0; i < Rows; i++)
            {
                float* x = X + ((nint)i * Padded) + start, d = D + ((nint)i * Padded) + start;
                float mean = Statistics[2 * (nint)i], scale = Statistics[(2 * (nint)i) + 1];

                // The padding of a row ends at a multiple of sixteen, and is zero in d.
                for (int j = 0; j < columns; j += Vector<float>.Count)
                {
                    var dy = Vector.Load(d + j);
                    (Vector.Load(sums + j) + (dy * (Vector.Load(x + j) - new Vector<float>(mean)) * scale)).Store(sums + j);
                    (Vector.Load(sums + Block + j) + dy).Store(sums + Block + j);
                }
            }

            for (int j = 0; j < columns; j++)
            {
                DGain[start + j] += sums[j];
                DBias[start + j] += sums[Block + j];
            }
        }
    }

    private struct BackwardJob : IParallelJob
    {
        public float* X, D, Gain, Statistics;
        public int Rows, Width, Padded;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            for (int i = item * ForwardJob.Block, end = Math.Min(Rows, i + ForwardJob.Block); i < end; i++)
            {
                float* x = X + ((nint)i * Padded), d = D + ((nint)i * Padded);
                float mean = Statistics[2 * (nint)i], scale = Statistics[(2 * (nint)i) + 1];

                // dy and γ are zero in the padding: whole vectors to its end.
                Vector<float> sum = Vector<float>.Zero;
                Vector<float> dot = Vector<float>.Zero;
                for (int j = 0; j < Width; j += Vector<float>.Count)
                {
                    Vector<float> g = Vector.Load(Gain + j) * Vector.Load(d + j);
                    sum += g;
                    dot += g * (Vector.Load(x + j) - new Vector<float>(mean)) * scale;
                }

                var meanG = new Vector<float>(Vector.Sum(sum) / Width);
                var meanDot = new Vector<float>(Vector.Sum(dot) / Width);
                for (int j = 0; j < Width; j += Vector<float>.Count)
                {
                    Vector<float> normal = (Vector.Load(x + j) - new Vector<float>(mean)) * scale;
                    (((Vector.Load(Gain + j) * Vector.Load(d + j)) - meanG - (normal * meanDot)) * scale).Store(d + j);
                }

                new Span<float>(d + Width, Padded - Width).Clear();
            }
        }
    }
}
