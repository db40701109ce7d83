// Every kernel path this machine has, against double-precision loops, on every shape around every tile edge.

using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

public unsafe class ComputeTests
{
    public static TheoryData<KernelPath> Paths => [.. KernelChoice.Available];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Products_agree_with_the_plain_sum_around_every_tile_edge(KernelPath path)
    {
        using var compute = Compute.Create(2, path);
        int w = compute.PanelWidth;
        foreach (int m in (int[])[1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 129])
        {
            foreach (int n in (int[])[1, 2, compute.Width, w - 1, w, w + 1, (2 * w) + 5])
            {
                foreach (int k in (int[])[1, 2, 17, 127, 128, 129, 300]) CheckProducts(compute, m, n, k);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Rows_and_columns_can_be_rearranged_while_packing(KernelPath path)
    {
        using var compute = Compute.Create(1, path);
        const int M = 3, N = 5, K = 4;
        float[] a = Random(M * K, 1), source = Random(10 * 10, 2);
        int[] map = [7, -1, 0, 3, 9];
        using var b = compute.NewPacked(K, N);
        var c = new float[M * N];
        fixed (float* pa = a, ps = source, pc = c)
        fixed (int* pm = map)
        {
            compute.PackTransposed(ps, 10, 3, pm, b);
            compute.Multiply(pa, K, M, b, pc, N, add: false);
            for (int i = 0; i < M; i++)
                for (int j = 0; j < N; j++)
                    Assert.Equal(map[j] < 0 ? 0 : Enumerable.Range(0, 3).Sum(p => (double)a[(i * K) + p] * source[(map[j] * 10) + p]), c[(i * N) + j], 1e-5);
            compute.PackRows(ps, 10, 2, pm, b);
            compute.Multiply(pa, K, M, b, pc, N, add: false);
            for (int i = 0; i < M; i++)
                for (int j = 0; j < N; j++)
                    Assert.Equal(j >= 2 ? 0 : Enumerable.Range(0, K).Sum(p => map[p] < 0 ? 0 : (double)a[(i * K) + p] * source[(map[p] * 10) + j]), c[(i * N) + j], 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void The_bits_do_not_depend_on_the_number_of_threads(KernelPath path)
    {
        const int M = 150, N = 333, K = 270;
        float[] a = Random(M * K, 3), source = Random(K * N, 4);
        float[]? first = null;
        foreach (int threads in (int[])[1, 2, 3, 8])
        {
            using var compute = Compute.Create(threads, path);
            using var b = compute.NewPacked(K, N);
            var c = new float[(M * N) + N + 1];
            fixed (float* pa = a, ps = source, pc = c)
            {
                compute.PackRows(ps, N, N, null, b);
                compute.Multiply(pa, K, M, b, pc, N, add: false);
                compute.MultiplyTransposed(pa, M, M, b, pc, N, add: true);
                compute.SumColumns(ps, N, K, N, pc + (M * N), add: false);
                c[^1] = (float)compute.SumOfSquares(ps, K * N);
            }

            first ??= c;
            Assert.Equal(first, c);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Matrix_times_vector_agrees_with_the_plain_sum(KernelPath path)
    {
        using var compute = Compute.Create(2, path);
        foreach (int rows in (int[])[1, 3, 4, 5, 100, 5000])
        {
            foreach (int columns in (int[])[1, 15, 16, 17, 40])
            {
                float[] weights = Random(rows * columns, 5), x = Random(columns, 6), y = new float[rows];
                fixed (float* pw = weights, px = x, py = y) compute.MultiplyVector(pw, columns, rows, columns, px, py);
                for (int i = 0; i < rows; i++) Assert.Equal(Enumerable.Range(0, columns).Sum(j => (double)weights[(i * columns) + j] * x[j]), y[i], 1e-5);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Column_sums_and_squares_agree_with_plain_loops(KernelPath path)
    {
        using var compute = Compute.Create(2, path);
        foreach (int columns in (int[])[1, 16, 63, 64, 65, 200])
        {
            const int Rows = 9;
            float[] source = Random(Rows * columns, 7), sums = new float[columns];
            double squares;
            fixed (float* ps = source, py = sums)
            {
                compute.SumColumns(ps, columns, Rows, columns, py, add: false);
                compute.SumColumns(ps, columns, Rows, columns, py, add: true);
                squares = compute.SumOfSquares(ps, source.Length);
            }

            for (int j = 0; j < columns; j++) Assert.Equal(2 * Enumerable.Range(0, Rows).Sum(i => (double)source[(i * columns) + j]), sums[j], 1e-5);
            Assert.Equal(source.Sum(x => (double)x * x), squares, 1e-4);
        }
    }

    [Fact]
    public void A_missing_path_is_an_error_that_names_it()
    {
        foreach (var path in Enum.GetValues<KernelPath>().Except(KernelChoice.Available))
            Assert.Contains(path.ToString(), Assert.Throws<ArgumentException>(() => Compute.Create(1, path)).Message, StringComparison.Ordinal);
        Assert.Contains(KernelPath.Scalar, KernelChoice.Available);
    }

    internal static float[] Random(int count, int seed)
    {
        var random = new Philox((ulong)seed, RandomPurpose.Initialisation);
        return [.. Enumerable.Range(0, count).Select(i => (float)((2 * random.Uniform(0, (ulong)i)) - 1))];
    }

    private static void CheckProducts(Compute compute, int m, int n, int k)
    {
        float[] a = Random(m * k, m + k), source = Random(k * n, n), plain = new float[m * n];
        using var b = compute.NewPacked(k, n);
        var transposed = new float[k * m];
        for (int i = 0; i < m; i++)
            for (int p = 0; p < k; p++) transposed[(p * m) + i] = a[(i * k) + p];
        fixed (float* pa = a, pt = transposed, ps = source, pc = plain)
        {
            compute.PackRows(ps, n, n, null, b);
            Multiply(add: false, 1);
            Multiply(add: true, 2);
            new Span<float>(pc, m * n).Clear();
            compute.MultiplyTransposed(pt, m, m, b, pc, n, add: true);
            Compare(plain, 1);

            void Multiply(bool add, int times)
            {
                fixed (float* qa = a, qc = plain) compute.Multiply(qa, k, m, b, qc, n, add);
                Compare(plain, times);
            }
        }

        void Compare(float[] c, int times)
        {
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    double sum = 0;
                    for (int p = 0; p < k; p++) sum += (double)a[(i * k) + p] * source[(p * n) + j];
                    if (Math.Abs((times * sum) - c[(i * n) + j]) > 2e-6 * k + 1e-6) Assert.Fail($"{compute.Path} {m}x{k}x{n} at ({i}, {j}): {c[(i * n) + j]} for {times * sum}");
                }
            }
        }
    }
}
