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
    public void Products_agree_around_every_block_edge_with_strides_wider_than_the_rows(KernelPath path)
    {
        using var compute = Compute.Create(2, path);
        int w = compute.PanelWidth;
        (int, int, int)[] sizes =
        [
            (5, w + 1, 511), (9, w, 512), (3, (2 * w) - 1, 513), (65, compute.Width + 1, 1025), (12, 2 * compute.Width, 700),
            (127, 7, 513), (128, 9, 512), (129, 5, 1030), (63, w, 50), (64, w + compute.Width, 50), (65, 2 * w, 50), (257, w - 1, 130),
            (600, w + 2, 33), (1, (9 * w) + 1, 257), (2100, 3, 70),
        ];
        foreach ((int m, int n, int k) in sizes) CheckProducts(compute, m, n, k, spare: 5);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_product_of_no_rows_computes_nothing(KernelPath path)
    {
        foreach (Bf16Kernel? kernel in (Bf16Kernel?[])[null, Bf16Runner.TilesInSoftware.Kernel(), Bf16Runner.PairsInSoftware.Kernel()])
        {
            using var compute = Compute.Create(2, path, kernel);
            using PackedMatrix b = compute.NewPacked(3, 5);
            float[] a = new float[30], c = [.. Enumerable.Repeat(7f, 30)];
            fixed (float* pa = a, pc = c)
            {
                compute.PackRows(pa, 5, 5, null, b);
                foreach (bool add in (bool[])[false, true])
                {
                    compute.Multiply(pa, 3, 0, b, pc, 5, add);
                    compute.MultiplyTransposed(pa, 3, 0, b, pc, 5, add);
                    compute.MultiplyInPlace(pa, 3, 1, 0, 3, pa, 5, 5, pc, 5, add);
                    compute.MultiplyVector(pa, 3, 0, 3, pa, pc);
                }
            }

            Assert.All(c, x => Assert.Equal(7, x));
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
        using PackedMatrix b = compute.NewPacked(K, N);
        float[] c = new float[M * N];
        fixed (float* pa = a, ps = source, pc = c)
        fixed (int* pm = map)
        {
            compute.PackTransposed(ps, 10, 3, pm, b);
            compute.Multiply(pa, K, M, b, pc, N, add: false);
            Compare((p, j) => map[j] < 0 || p >= 3 ? 0 : source[(map[j] * 10) + p]);
            compute.PackRows(ps, 10, 2, pm, b);
            compute.Multiply(pa, K, M, b, pc, N, add: false);
            Compare((p, j) => map[p] < 0 || j >= 2 ? 0 : source[(map[p] * 10) + j]);
        }

        void Compare(Func<int, int, float> ofB)
        {
            for (int i = 0; i < M; i++)
            {
                for (int j = 0; j < N; j++)
                {
                    Assert.Equal(Enumerable.Range(0, K).Sum(p => (double)a[(i * K) + p] * ofB(p, j)), c[(i * N) + j], 1e-5);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void The_bits_do_not_depend_on_the_number_of_threads(KernelPath path)
    {
        BitsAgree(path, 150, 333, 270);
        BitsAgree(path, 300, 50, 1100);
    }

    // Not so of a matrix of one row, which has a tile of its own.
    [Theory]
    [MemberData(nameof(Paths))]
    public void The_bits_of_a_row_do_not_depend_on_how_many_rows_there_are(KernelPath path)
    {
        using var compute = Compute.Create(2, path);
        const int Rows = 40, K = 530;
        int n = (2 * compute.PanelWidth) + compute.Width + 1;
        float[] a = Random(Rows * K, 3), source = Random(K * n, 4), all = new float[Rows * n];
        using PackedMatrix b = compute.NewPacked(K, n);
        fixed (float* pa = a, ps = source, pc = all)
        {
            compute.PackRows(ps, n, n, null, b);
            compute.Multiply(pa, K, Rows, b, pc, n, add: false);
            foreach (int m in (int[])[2, 5, 9, 33, 37])
            {
                float[] some = new float[m * n];
                fixed (float* to = some) compute.Multiply(pa, K, m, b, to, n, add: false);
                Assert.Equal(new ReadOnlySpan<float>(all, 0, m * n), some);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Columns_pack_the_same_from_rows_and_transposed(KernelPath path)
    {
        using var compute = Compute.Create(2, path);
        foreach ((int k, int n) in ((int, int)[])[(1, 1), (3, 5), (64, 48), (130, 49), (257, 200)])
        {
            float[] source = Random(k * n, 8), transposed = new float[k * n];
            for (int p = 0; p < k; p++)
            {
                for (int j = 0; j < n; j++) transposed[(j * k) + p] = source[(p * n) + j];
            }

            using PackedMatrix rows = compute.NewPacked(k, n), columns = compute.NewPacked(k, n);
            fixed (float* ps = source, pt = transposed)
            {
                compute.PackRows(ps, n, n, null, rows);
                compute.PackTransposed(pt, k, k, null, columns);
            }

            int length = rows.Panels * rows.PanelWidth * k;
            Assert.Equal(new ReadOnlySpan<float>(rows.Panel(0), length), new ReadOnlySpan<float>(columns.Panel(0), length));
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Products_in_place_agree_with_the_plain_sum_and_do_not_depend_on_the_threads(KernelPath path)
    {
        (int, int, int)[] sizes =
            [(1, 1, 1), (1, 513, 49), (49, 200, 61), (7, 130, 3), (200, 49, 130), (513, 20, 48), (65, 1030, 97)];
        foreach ((int m, int k, int n) in sizes)
        {
            // B's rows are its columns and a vector more, which is read and must not count.
            int strideB = n + 16, strideC = n + 3;
            float[] a = Random(m * k, m), b = Random(k * strideB, n), start = Random(m * strideC, k), transposed = new float[k * m];
            using (var compute = Compute.Create(1, path))
            {
                fixed (float* pa = a, pt = transposed) compute.Transpose(pa, k, m, k, pt, m);
            }

            for (int i = 0; i < m; i++)
            {
                for (int p = 0; p < k; p++) Assert.Equal(a[(i * k) + p], transposed[(p * m) + i]);
            }

            float[]? first = null;
            foreach (int threads in (int[])[1, 2, 3, 8])
            {
                using var compute = Compute.Create(threads, path);
                float[] c = [.. start];
                fixed (float* pa = a, pt = transposed, pb = b, pc = c)
                {
                    compute.MultiplyInPlace(pa, k, 1, m, k, pb, strideB, n, pc, strideC, add: true);
                    compute.MultiplyInPlace(pt, 1, m, m, k, pb, strideB, n, pc, strideC, add: true);
                    first ??= [.. c];
                    Assert.Equal(first, c);
                    for (int i = 0; i < m; i++)
                    {
                        for (int j = n; j < strideC; j++) Assert.Equal(start[(i * strideC) + j], c[(i * strideC) + j]);
                        for (int j = 0; j < n; j++)
                        {
                            double sum = 0;
                            for (int p = 0; p < k; p++) sum += (double)a[(i * k) + p] * b[(p * strideB) + j];
                            Assert.Equal(start[(i * strideC) + j] + (2 * sum), c[(i * strideC) + j], (4e-6 * k) + 1e-6);
                        }
                    }

                    compute.MultiplyInPlace(pa, k, 1, m, k, pb, strideB, n, pc, strideC, add: false);
                    double last = Enumerable.Range(0, k).Sum(p => (double)a[((m - 1) * k) + p] * b[(p * strideB) + n - 1]);
                    Assert.Equal(last, c[((m - 1) * strideC) + n - 1], (2e-6 * k) + 1e-6);
                }
            }
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
                for (int i = 0; i < rows; i++)
                {
                    Assert.Equal(Enumerable.Range(0, columns).Sum(j => (double)weights[(i * columns) + j] * x[j]), y[i], 1e-5);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Sums_of_squares_agree_with_plain_loops(KernelPath path)
    {
        using var compute = Compute.Create(2, path);
        foreach (int length in (int[])[1, 16, 63, 64, 65, 200, 100_001])
        {
            float[] source = Random(length, 7);
            double squares;
            fixed (float* ps = source) squares = compute.SumOfSquares(ps, source.Length);
            Assert.Equal(source.Sum(x => (double)x * x), squares, 1e-6 * length);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_transposed_matrix_has_every_element_in_its_place(KernelPath path)
    {
        using var compute = Compute.Create(2, path);
        foreach ((int rows, int columns) in new[] { (1, 1), (3, 5), (4, 4), (49, 200), (200, 49), (17, 64) })
        {
            const float Untouched = 1234.5f;
            int stride = columns + 3, destinationStride = rows + 2;
            float[] source = Random(rows * stride, 8), destination = [.. Enumerable.Repeat(Untouched, columns * destinationStride)];
            fixed (float* from = source, to = destination) compute.Transpose(from, stride, rows, columns, to, destinationStride);
            for (int j = 0; j < columns; j++)
            {
                for (int i = 0; i < destinationStride; i++)
                {
                    Assert.Equal(i < rows ? source[(i * stride) + j] : Untouched, destination[(j * destinationStride) + i]);
                }
            }
        }
    }

    [Fact]
    public void A_missing_path_is_an_error_that_names_it()
    {
        foreach (KernelPath path in Enum.GetValues<KernelPath>().Except(KernelChoice.Available))
        {
            ArgumentException error = Assert.Throws<ArgumentException>(() => Compute.Create(1, path));
            Assert.Contains(path.ToString(), error.Message, StringComparison.Ordinal);
        }

        Assert.Contains(KernelPath.Scalar, KernelChoice.Available);
    }

    internal static float[] Random(int count, int seed)
    {
        var random = new Philox((ulong)seed, RandomPurpose.Initialisation);
        return [.. Enumerable.Range(0, count).Select(i => (float)((2 * random.Uniform(0, (ulong)i)) - 1))];
    }

    private static void BitsAgree(KernelPath path, int m, int n, int k)
    {
        float[] a = Random(m * k, 3), source = Random(k * n, 4);
        float[]? first = null;
        foreach (int threads in (int[])[1, 2, 3, 8])
        {
            using var compute = Compute.Create(threads, path);
            using PackedMatrix b = compute.NewPacked(k, n);
            float[] c = new float[(m * n) + 1];
            fixed (float* pa = a, ps = source, pc = c)
            {
                compute.PackRows(ps, n, n, null, b);
                compute.Multiply(pa, k, m, b, pc, n, add: false);
                compute.MultiplyTransposed(pa, m, m, b, pc, n, add: true);
                c[^1] = (float)compute.SumOfSquares(ps, k * n);
            }

            first ??= c;
            Assert.Equal(first, c);
        }
    }

    // A·B and Aᵀ·B, stored and added, with rows of A and C that are followed by spare floats: those of C must stay as they are.
    private static void CheckProducts(Compute compute, int m, int n, int k, int spare = 0)
    {
        const float Untouched = 1234.5f;
        int strideA = k + spare, strideT = m + spare, strideC = n + spare;
        float[] a = Random(m * strideA, m + k), source = Random(k * n, n), c = new float[m * strideC], transposed = new float[k * strideT];
        for (int i = 0; i < m; i++)
        {
            for (int p = 0; p < k; p++) transposed[(p * strideT) + i] = a[(i * strideA) + p];
        }

        double[] expected = new double[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int p = 0; p < k; p++)
            {
                for (int j = 0; j < n; j++) expected[(i * n) + j] += (double)a[(i * strideA) + p] * source[(p * n) + j];
            }
        }

        using PackedMatrix b = compute.NewPacked(k, n);
        fixed (float* pa = a, pt = transposed, ps = source, pc = c)
        {
            compute.PackRows(ps, n, n, null, b);
            foreach (bool add in (bool[])[false, true])
            {
                Array.Fill(c, Untouched);
                if (add) Zero();
                compute.Multiply(pa, strideA, m, b, pc, strideC, add);
                Compare(1);
                compute.MultiplyTransposed(pt, strideT, m, b, pc, strideC, add);
                Compare(add ? 2 : 1);
            }
        }

        void Zero()
        {
            for (int i = 0; i < m; i++) c.AsSpan(i * strideC, n).Clear();
        }

        void Compare(int times)
        {
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < strideC; j++)
                {
                    double wanted = j < n ? times * expected[(i * n) + j] : Untouched, allowed = j < n ? (2e-6 * k) + 1e-6 : 0;
                    float actual = c[(i * strideC) + j];
                    if (!(Math.Abs(wanted - actual) <= allowed))
                    {
                        Assert.Fail($"{compute.Path} {m}x{k}x{n} at ({i}, {j}): {actual} for {wanted}");
                    }
                }
            }
        }
    }
}
