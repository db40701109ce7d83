// Muon against plain loops in double precision, and what its iteration is for: all singular values near one.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Model;

public class MuonTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(7, 3, 1)]
    [InlineData(5, 13, 1)]
    [InlineData(20, 20, 1)]
    [InlineData(17, 33, 1)]
    [InlineData(7, 3, 2)]
    [InlineData(17, 33, 3)]
    [InlineData(5, 5, 9)]
    public void Muon_agrees_with_plain_loops(int hidden, int embedding, int every)
    {
        var config = new GruConfig { VocabSize = 11, EmbeddingDim = embedding, HiddenDim = hidden, NumLayers = 2 };
        const double Rate = 0.02, Decay = 0.1;
        var options = new MuonOptions { WeightDecay = Decay, Momentum = 0.9, RateFactor = 3, Every = every };
        int matrices = 0;
        OptimizersTests.Follow(options, config, Rate, scale: 0.4, tolerance: 1e-4, view =>
        {
            if (view.IsVector || !view.Name.StartsWith("gru", StringComparison.Ordinal))
            {
                return OptimizersTests.PlainAdamW(view, 0.9, 0.99, Decay, Rate);
            }

            double[] buffer = new double[view.Length];
            int turn = matrices++ % 4;
            return (p, g, step) =>
            {
                for (int i = 0; i < p.Length; i++) buffer[i] = (0.9 * buffer[i]) + g[i];
                if ((step + turn) % every != 0) return;
                int block = p.Length / 3;
                for (int gate = 0; gate < 3; gate++)
                {
                    double[] direction = [.. Enumerable.Range(gate * block, block).Select(i => g[i] + (0.9 * buffer[i]))];
                    direction = Orthogonal(direction, hidden, view.Columns);
                    double size = Math.Sqrt(Math.Max(1, hidden / (double)view.Columns));
                    for (int i = 0; i < block; i++)
                    {
                        p[(gate * block) + i] -= every * 3 * Rate * ((size * direction[i]) + (Decay * p[(gate * block) + i]));
                    }
                }
            };
        });
    }

    [Theory]
    [InlineData(24, 60)]
    [InlineData(60, 24)]
    public unsafe void All_singular_values_come_near_one(int rows, int columns)
    {
        using var compute = Compute.Create(2);
        using var newtonSchulz = new NewtonSchulz(compute, rows, columns);
        using var matrix = new AlignedBuffer<float>(rows * columns);
        var random = new Philox(3, RandomPurpose.Initialisation);
        for (int i = 0; i < matrix.Length; i++) matrix.Pointer[i] = (float)(100 * random.Normal(0, (ulong)i));
        newtonSchulz.Apply(compute, matrix.Pointer, rows, columns);
        double[] result = [.. matrix.Span.ToArray().Select(x => x / Math.Sqrt(Math.Max(1, rows / (double)columns)))];

        // As a map from the shorter side it neither stretches nor shrinks anything by much: for many directions, and for the axes.
        bool wide = rows <= columns;
        int from = Math.Min(rows, columns), to = Math.Max(rows, columns);
        for (int trial = 0; trial < 200; trial++)
        {
            double[] x = [.. Enumerable.Range(0, from).Select(i => trial < from ? (i == trial ? 1 : 0) : Drawn(trial, i))];
            double[] y = [.. Enumerable.Range(0, to).Select(j => Enumerable.Range(0, from).Sum(i => x[i] * At(i, j)))];
            Assert.InRange(Math.Sqrt(y.Sum(v => v * v) / x.Sum(v => v * v)), 0.6, 1.3);
        }

        matrix.Clear();
        newtonSchulz.Apply(compute, matrix.Pointer, rows, columns);
        Assert.DoesNotContain(matrix.Span.ToArray(), value => value != 0);

        double Drawn(int trial, int i) => random.Normal(1 + (ulong)trial, (ulong)i);
        double At(int i, int j) => wide ? result[(i * columns) + j] : result[(j * columns) + i];
    }

    // Five iterations of X <- a X + b (X X') X + c (X X')^2 X, as they are written.
    private static double[] Orthogonal(double[] matrix, int rows, int columns)
    {
        double norm = Math.Sqrt(matrix.Sum(v => v * v)) + 1e-7;
        double[] x = [.. matrix.Select(v => v / norm)];
        for (int iteration = 0; iteration < 5; iteration++)
        {
            double[] gram = Product(x, Transposed(x, rows, columns), rows, columns, rows);
            double[] once = Product(gram, x, rows, rows, columns), twice = Product(gram, once, rows, rows, columns);
            for (int i = 0; i < x.Length; i++) x[i] = (3.4445 * x[i]) - (4.7750 * once[i]) + (2.0315 * twice[i]);
        }

        return x;
    }

    private static double[] Transposed(double[] a, int rows, int columns) =>
        [.. Enumerable.Range(0, a.Length).Select(i => a[((i % rows) * columns) + (i / rows)])];

    private static double[] Product(double[] a, double[] b, int m, int k, int n) =>
        [.. Enumerable.Range(0, m * n).Select(at => Enumerable.Range(0, k).Sum(p => a[((at / n) * k) + p] * b[(p * n) + (at % n)]))];
}
