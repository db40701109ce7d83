// The bfloat16 product on tiles and on vectors of pairs: its machine code, interpreted on every machine and run for real where the
// processor has the instructions, and the same in software, against the plain sum.

using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

[Collection(nameof(CodeEmulator))]
public sealed unsafe class Bf16KernelTests : IDisposable
{
    private const int Width = Bf16Kernel.PanelWidth;
    private readonly CodeEmulator _emulator = CodeEmulator.Open();

    public static TheoryData<Bf16Runner> Runners => Bf16Runners.All;

    public void Dispose() => _emulator.Dispose();

    [Theory]
    [MemberData(nameof(Runners))]
    public void Products_are_exact_around_every_tile_edge_and_touch_nothing_else(Bf16Runner runner)
    {
        foreach (int rows in (int[])[1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 65])
        {
            foreach (int columns in (int[])[1, 15, 16, 17, 31, 32, 33, 47, 48])
            {
                foreach (int k in (int[])[1, 7, 8, 9, 31, 32, 33, 96]) CheckProduct(runner, rows, columns, k);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Runners))]
    public void Sums_agree_with_the_plain_sum_of_rounded_numbers(Bf16Runner runner)
    {
        const int M = 50, N = 40, K = 512;
        using var operands = new Operands(this, M, N, K, runner);
        float[] a = ComputeTests.Random(M * K, 1), b = ComputeTests.Random(K * N, 2);
        operands.Fill((i, p) => a[(i * K) + p], (p, j) => b[(p * N) + j]);
        operands.Product(0, K, 0, M, add: false);
        for (int i = 0; i < M; i++)
        {
            for (int j = 0; j < N; j++)
            {
                double sum = 0;
                for (int p = 0; p < K; p++)
                {
                    sum += (double)Bf16.ToSingle(Bf16.Round(a[(i * K) + p])) * Bf16.ToSingle(Bf16.Round(b[(p * N) + j]));
                }

                Assert.Equal(sum, operands.C[i, j], 1e-5);
            }
        }
    }

    [Theory]
    [InlineData(Bf16Runner.TilesInterpreted)]
    [InlineData(Bf16Runner.PairsInterpreted)]
    public void Whoever_runs_the_product_it_comes_out_the_same(Bf16Runner interpreted)
    {
        const int M = 59, N = 45, K = 300;
        float[] a = ComputeTests.Random(M * K, 5), b = ComputeTests.Random(K * N, 6);
        float[,]? first = null;
        foreach (Bf16Runner runner in interpreted.SamePath())
        {
            using var operands = new Operands(this, M, N, K, runner);
            operands.Fill((i, p) => a[(i * K) + p], (p, j) => b[(p * N) + j]);
            operands.Product(0, 160, 0, M, add: false);
            operands.Product(160, K - 160, 0, M, add: true);
            first ??= operands.C;
            if (!runner.IsReal()) Assert.Equal(first, operands.C);

            // Intel's two descriptions of tiles order the sums of a step differently, so a processor may differ in the last bits.
            foreach ((float expected, float actual) in first.Cast<float>().Zip(operands.C.Cast<float>()))
            {
                Assert.Equal(expected, actual, 1e-4);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Runners))]
    public void The_bits_do_not_depend_on_how_rows_and_depth_are_cut_up(Bf16Runner runner)
    {
        const int M = 75, N = 48, K = 160;
        float[] a = ComputeTests.Random(M * K, 3), b = ComputeTests.Random(K * N, 4);
        float[,]? first = null;
        foreach (int rowStep in (int[])[M, 32, 17, 5])
        {
            foreach (int depthStep in (int[])[K, 96, 32])
            {
                using var operands = new Operands(this, M, N, K, runner);
                operands.Fill((i, p) => a[(i * K) + p], (p, j) => b[(p * N) + j]);
                for (int i = 0; i < M; i += rowStep)
                {
                    for (int p = 0; p < K; p += depthStep)
                    {
                        operands.Product(p, Math.Min(depthStep, K - p), i, Math.Min(rowStep, M - i), add: p > 0);
                    }
                }

                first ??= operands.C;
                Assert.Equal(first, operands.C);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Runners))]
    public void Denormals_count_as_zero_and_what_is_no_number_stays_so(Bf16Runner runner)
    {
        using var operands = new Operands(this, 4, 2, 32, runner);
        float[] rows = [1e-39f, float.NaN, float.PositiveInfinity, 1];
        operands.Fill((i, p) => p == 0 ? rows[i] : 0, (p, j) => p == 0 ? (j == 0 ? 1e30f : 1e-39f) : 0);
        operands.Product(0, 32, 0, 4, add: false);
        if (!runner.IsSoftware()) Assert.Equal(0, operands.C[0, 0]);
        Assert.Equal(float.NaN, operands.C[1, 0]);
        Assert.Equal(float.PositiveInfinity, operands.C[2, 0]);
        Assert.Equal(Bf16.ToSingle(Bf16.Round(1e30f)), operands.C[3, 0]);
        if (!runner.IsSoftware()) Assert.Equal(0, operands.C[3, 1]);
    }

    [Theory]
    [MemberData(nameof(Runners))]
    public void The_product_that_is_known_comes_out_right(Bf16Runner runner)
    {
        // Its buffers are its own: any address will do.
        _emulator.Allow(() => (0, long.MaxValue));
        Assert.True(Bf16Machine.IsRight(runner.Kernel()));
        _emulator.Check();
    }

    [Fact]
    public void One_that_does_nothing_is_found_out_and_what_is_there_has_a_name()
    {
        Assert.False(Bf16Machine.IsRight(new Bf16Kernel(new AmxKernel(&NoTiles))));
        Assert.False(Bf16Machine.IsRight(new Bf16Kernel(new Avx512Bf16Kernel(&NoPairs))));
        Assert.NotEmpty(Bf16Machine.Description);
        if (!Bf16Machine.IsAvailable)
        {
            NotSupportedException error = Assert.Throws<NotSupportedException>(() => Bf16Machine.Kernel);
            Assert.Contains(Bf16Machine.Description, error.Message, StringComparison.Ordinal);
        }

        [System.Runtime.InteropServices.UnmanagedCallersOnly]
        static void NoTiles(AmxArguments* arguments)
        {
        }

        [System.Runtime.InteropServices.UnmanagedCallersOnly]
        static void NoPairs(Avx512Bf16Arguments* arguments)
        {
        }
    }

    [Fact]
    public void The_ceilings_loop_does_the_products_it_counts()
    {
        using var a = new AlignedBuffer<ushort>(16 * 32);
        using var b = new AlignedBuffer<ushort>(16 * Width * 2);
        _emulator.Allow(a.Pointer, a.Length * 2);
        _emulator.Allow(b.Pointer, b.Length * 2);
        long Products(Bf16Kernel kernel, int turns)
        {
            long before = _emulator.Count;
            kernel.Ceiling(a.Pointer, b.Pointer, turns);
            _emulator.Check();
            return _emulator.Count - before;
        }

        long OfTurns(Bf16Kernel kernel) => Products(kernel, 4) - Products(kernel, 1);
        Assert.Equal(3 * (AmxAssembler.CeilingProducts + 2), OfTurns(CodeEmulator.Tiles));
        Assert.Equal(3 * (Avx512Bf16Assembler.CeilingProducts + 2), OfTurns(CodeEmulator.Pairs));
        Assert.Equal(2 * 16 * 16 * 32 * AmxAssembler.CeilingProducts, CodeEmulator.Tiles.OperationsATurn);
        Assert.Equal(2 * 16 * 2 * Avx512Bf16Assembler.CeilingProducts, CodeEmulator.Pairs.OperationsATurn);
    }

    private void CheckProduct(Bf16Runner runner, int rows, int columns, int k)
    {
        // Small whole numbers, whose sums are exact in any order.
        using var operands = new Operands(this, rows, columns, k, runner);
        static int A(int i, int p) => (((i * 7) + (p * 3)) % 15) - 7;
        static int B(int p, int j) => (((p * 5) + (j * 11)) % 13) - 6;
        operands.Fill((i, p) => A(i, p), (p, j) => B(p, j));
        for (int times = 1; times <= 2; times++)
        {
            operands.Product(0, k, 0, rows, add: times > 1);
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < columns; j++)
                {
                    int sum = 0;
                    for (int p = 0; p < k; p++) sum += A(i, p) * B(p, j);
                    if (operands.C[i, j] != times * sum)
                    {
                        Assert.Fail($"{rows}x{k}x{columns} at ({i}, {j}): {operands.C[i, j]} for {times * sum}");
                    }
                }
            }
        }
    }

    // A, one panel of B and C in memory of exactly their size, known to the emulator.
    private sealed class Operands : IDisposable
    {
        private readonly Bf16KernelTests _test;
        private readonly AlignedBuffer<ushort> _a, _b;
        private readonly AlignedBuffer<float> _c;
        private readonly Bf16Runner _runner;
        private readonly int _m, _n, _k, _depth, _strideC;

        public Operands(Bf16KernelTests test, int m, int n, int k, Bf16Runner runner)
        {
            (_test, _m, _n, _k, _runner) = (test, m, n, k, runner);
            _depth = (k + Bf16Kernel.DepthStep - 1) / Bf16Kernel.DepthStep * Bf16Kernel.DepthStep;
            _strideC = n + 3;
            _a = new AlignedBuffer<ushort>(m * _depth);
            _b = new AlignedBuffer<ushort>(_depth * Width);
            _c = new AlignedBuffer<float>((m * _strideC) - 3);
            test._emulator.Allow(_a.Pointer, 2 * _a.Length);
            test._emulator.Allow(_b.Pointer, 2 * _b.Length);
            test._emulator.Allow(_c.Pointer, 4 * _c.Length);
            _c.Span.Fill(float.NaN);
        }

        public float[,] C { get; private set; } = new float[0, 0];

        public void Fill(Func<int, int, float> ofA, Func<int, int, float> ofB)
        {
            for (int i = 0; i < _m; i++)
            {
                for (int p = 0; p < _k; p++) _a.Pointer[(i * _depth) + p] = Bf16.Round(ofA(i, p));
            }

            for (int p = 0; p < _k; p++)
            {
                for (int j = 0; j < _n; j++) _b.Pointer[(((p / 2 * Width) + j) * 2) + (p % 2)] = Bf16.Round(ofB(p, j));
            }
        }

        public void Product(int from, int length, int row, int rows, bool add)
        {
            Bf16Kernel kernel = _runner.Kernel();
            ushort* a = _a.Pointer + ((nint)row * _depth) + from, b = _b.Pointer + ((nint)from * Width);
            kernel.Product(a, _depth, b, length, _c.Pointer + ((nint)row * _strideC), _strideC, rows, _n, add);
            _test._emulator.Check();
            C = new float[_m, _n];
            for (int i = 0; i < _m; i++)
            {
                for (int j = 0; j < _n; j++) C[i, j] = _c.Pointer[(i * _strideC) + j];
                for (int j = _n; j < _strideC && i < _m - 1; j++) Assert.Equal(float.NaN, _c.Pointer[(i * _strideC) + j]);
            }
        }

        public void Dispose()
        {
            _test._emulator.Forget();
            _a.Dispose();
            _b.Dispose();
            _c.Dispose();
        }
    }
}
