// Whole bfloat16 products, packing and conversion included, on the interpreted machine code, in software and, where the processor has the
// instructions, on the real one.

using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

[Collection(nameof(CodeEmulator))]
public sealed unsafe class Bf16GemmTests : IDisposable
{
    private readonly CodeEmulator _emulator = CodeEmulator.Open();

    public static TheoryData<Bf16Runner> Runners => Bf16Runners.All;

    public void Dispose() => _emulator.Dispose();

    [Theory]
    [MemberData(nameof(Runners))]
    public void Products_are_exact_around_every_edge(Bf16Runner runner)
    {
        foreach (int threads in (int[])[1, 3])
        {
            using var team = new ThreadTeam(threads);
            foreach (int m in (int[])[1, 16, 33, 70])
            {
                foreach (int n in (int[])[1, 47, 48, 49, 100])
                {
                    foreach (int k in (int[])[1, 32, 33, 130]) CheckProducts(team, runner, m, n, k);
                }
            }

            // Past the blocks of rows, the slices and the chunks of k.
            CheckProducts(team, runner, 600, 50, 40);
            CheckProducts(team, runner, 40, 100, 1100);
        }
    }

    [Theory]
    [MemberData(nameof(Runners))]
    public void Rows_and_columns_can_be_rearranged_while_packing(Bf16Runner runner)
    {
        const int M = 3, N = 5, K = 4;
        using var team = new ThreadTeam(1);
        using Bf16Gemm gemm = Gemm(team, runner);
        using var b = new Bf16Panels(K, N);
        using var c = new AlignedBuffer<float>(M * N);
        Allow(gemm, b, c);
        float[] a = Whole(M * K, 1), source = Whole(10 * 10, 2);
        int[] map = [7, -1, 0, 3, 9];
        fixed (float* pa = a, ps = source)
        fixed (int* pm = map)
        {
            gemm.PackTransposed(ps, 10, 3, pm, b);
            gemm.Multiply(pa, K, M, b, c.Pointer, N, add: false);
            Compare((p, j) => map[j] < 0 || p >= 3 ? 0 : source[(map[j] * 10) + p]);
            gemm.PackRows(ps, 10, 2, pm, b);
            gemm.Multiply(pa, K, M, b, c.Pointer, N, add: false);
            Compare((p, j) => map[p] < 0 || j >= 2 ? 0 : source[(map[p] * 10) + j]);
        }

        void Compare(Func<int, int, float> ofB)
        {
            _emulator.Check();
            for (int i = 0; i < M; i++)
            {
                for (int j = 0; j < N; j++)
                {
                    Assert.Equal(Enumerable.Range(0, K).Sum(p => a[(i * K) + p] * ofB(p, j)), c.Pointer[(i * N) + j]);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Runners))]
    public void The_bits_do_not_depend_on_the_number_of_threads(Bf16Runner runner)
    {
        const int M = 150, N = 333, K = 270;
        float[] a = ComputeTests.Random(M * K, 3), source = ComputeTests.Random(K * N, 4);
        float[]? first = null;
        foreach (int threads in (int[])[1, 2, 5])
        {
            using var team = new ThreadTeam(threads);
            using Bf16Gemm gemm = Gemm(team, runner);
            using var b = new Bf16Panels(K, N);
            using var c = new AlignedBuffer<float>(M * N);
            Allow(gemm, b, c);
            fixed (float* pa = a, ps = source)
            {
                gemm.PackRows(ps, N, N, null, b);
                gemm.Multiply(pa, K, M, b, c.Pointer, N, add: false);
                gemm.MultiplyTransposed(pa, M, M, b, c.Pointer, N, add: true);
                _emulator.Check();
            }

            first ??= c.Span.ToArray();
            Assert.Equal(first, c.Span.ToArray());
        }

        // The same as the sum of the rounded numbers, and not far from that of the numbers themselves.
        for (int i = 0; i < M; i += 7)
        {
            for (int j = 0; j < N; j += 5)
            {
                double rounded = 0, plain = 0;
                for (int p = 0; p < K; p++)
                {
                    float x = a[(i * K) + p], y = a[(p * M) + i], z = source[(p * N) + j];
                    rounded += ((double)Bf16.ToSingle(Bf16.Round(x)) + Bf16.ToSingle(Bf16.Round(y))) * Bf16.ToSingle(Bf16.Round(z));
                    plain += ((double)x + y) * z;
                }

                Assert.Equal(rounded, first![(i * N) + j], 1e-4);
                Assert.Equal(plain, first[(i * N) + j], 0.15);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Runners))]
    public void Collections_meanwhile_do_not_disturb_a_product(Bf16Runner runner)
    {
        if (runner.IsInterpreted()) return;
        const int Size = 130;
        float[] x = Whole(Size * Size, 9);
        using var team = new ThreadTeam(3);
        using Bf16Gemm gemm = Gemm(team, runner);
        using var b = new Bf16Panels(Size, Size);
        using var c = new AlignedBuffer<float>(Size * Size);
        bool done = false;
        void Collect()
        {
            while (!Volatile.Read(ref done)) GC.Collect(0, GCCollectionMode.Forced);
        }

        var collector = new Thread(Collect) { IsBackground = true };
        collector.Start();
        float[]? first = null;
        fixed (float* p = x)
        {
            for (int round = 0; round < 50; round++)
            {
                gemm.PackRows(p, Size, Size, null, b);
                gemm.Multiply(p, Size, Size, b, c.Pointer, Size, add: false);
                first ??= c.Span.ToArray();
                Assert.True(c.Span.SequenceEqual(first));
            }
        }

        Volatile.Write(ref done, true);
        collector.Join();
    }

    [Fact]
    public void The_ceiling_is_measured_or_the_reason_given()
    {
        using var team = new ThreadTeam(1);
        if (Bf16Machine.IsReal)
        {
            // Others may use the machine while it is measured.
            double best = 0;
            for (int measured = 0; best < 50 && measured < 50; measured++) best = Math.Max(best, Bf16Ceiling.Gflops(team));
            Assert.InRange(best, 50, 20_000);
        }
        else
        {
            NotSupportedException error = Assert.Throws<NotSupportedException>(() => Bf16Ceiling.Gflops(team));
            Assert.Contains(Bf16Machine.Description, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Products_of_known_size_allocate_nothing()
    {
        const int Size = 64;
        using var team = new ThreadTeam(1);
        using var gemm = new Bf16Gemm(team, new Bf16Kernel(new AmxKernel(&Nothing)));
        using var b = new Bf16Panels(Size, Size);
        using var c = new AlignedBuffer<float>(Size * Size);
        using var a = new AlignedBuffer<float>(Size * Size);
        long before = 0;
        for (int run = 0; run < 3; run++)
        {
            if (run == 1) before = GC.GetAllocatedBytesForCurrentThread();
            gemm.PackRows(a.Pointer, Size, Size, null, b);
            gemm.PackTransposed(a.Pointer, Size, Size, null, b);
            gemm.Multiply(a.Pointer, Size, Size, b, c.Pointer, Size, add: false);
            gemm.MultiplyTransposed(a.Pointer, Size, Size, b, c.Pointer, Size, add: true);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        [System.Runtime.InteropServices.UnmanagedCallersOnly]
        static void Nothing(AmxArguments* arguments)
        {
        }
    }

    // Whole numbers from -7 to 7: their sums are exact in any order.
    private static float[] Whole(int count, int seed) => [.. ComputeTests.Random(count, seed).Select(x => MathF.Round(7 * x))];

    private static Bf16Gemm Gemm(ThreadTeam team, Bf16Runner runner) => new(team, runner.Kernel());

    private void Allow(Bf16Gemm gemm, Bf16Panels b, AlignedBuffer<float> c)
    {
        _emulator.Forget();
        _emulator.Allow(c.Pointer, 4 * c.Length);
        _emulator.Allow(b.Panel(0), 2L * b.Panels * Bf16Kernel.PanelWidth * b.Depth);
        _emulator.Allow(() => ((nint)gemm.Scratch.Pointer, 2 * gemm.Scratch.Length));
    }

    private void CheckProducts(ThreadTeam team, Bf16Runner runner, int m, int n, int k)
    {
        float[] a = Whole(m * k, m + k), source = Whole(k * n, n), turned = new float[k * m], sums = new float[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int p = 0; p < k; p++)
            {
                turned[(p * m) + i] = a[(i * k) + p];
                for (int j = 0; j < n; j++) sums[(i * n) + j] += a[(i * k) + p] * source[(p * n) + j];
            }
        }

        using Bf16Gemm gemm = Gemm(team, runner);
        using var b = new Bf16Panels(k, n);
        int stride = n + 2;
        using var c = new AlignedBuffer<float>((m * stride) - 2);
        Allow(gemm, b, c);

        // What lies in the scratch memory before is no number, so that a row or column that was not converted shows.
        fixed (float* pa = a, pt = turned, ps = source)
        {
            gemm.PackRows(ps, n, n, null, b);
            gemm.Multiply(pa, k, m, b, c.Pointer, stride, add: false);
            Compare(1);
            gemm.Scratch.Span.Fill(0x7FC0);
            gemm.Multiply(pa, k, m, b, c.Pointer, stride, add: true);
            Compare(2);
            gemm.Scratch.Span.Fill(0x7FC0);
            gemm.MultiplyTransposed(pt, m, m, b, c.Pointer, stride, add: false);
            Compare(1);
        }

        void Compare(int times)
        {
            _emulator.Check();
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    float expected = times * sums[(i * n) + j], actual = c.Pointer[(i * stride) + j];
                    if (actual != expected) Assert.Fail($"{m}x{k}x{n} at ({i}, {j}): {actual} for {expected}");
                }
            }
        }
    }
}
