// The AMX product: its machine code, interpreted on every machine and run for real where there is AMX, against the plain sum.

using GruLM.Kernels;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace GruLM.Tests.Kernels;

[Collection(nameof(AmxEmulator))]
public sealed unsafe class AmxKernelTests : IDisposable
{
    private const int Width = AmxKernel.PanelWidth;
    private readonly AmxEmulator _emulator = AmxEmulator.Open();

    /// <summary>Who runs the product: the machine where it can.</summary>
    public enum Runner
    {
        Interpreter,
        Software,
        Machine,
    }

    public static TheoryData<Runner> Runners => [.. All];

    private static Runner[] All => AmxMachine.IsReal
        ? [Runner.Interpreter, Runner.Software, Runner.Machine]
        : [Runner.Interpreter, Runner.Software];

    internal static AmxKernel KernelOf(Runner runner) => runner switch
    {
        Runner.Interpreter => AmxEmulator.Kernel,
        Runner.Software => SoftwareTiles.Kernel,
        _ => AmxMachine.Kernel,
    };

    public void Dispose() => _emulator.Dispose();

    [Theory]
    [MemberData(nameof(Runners))]
    public void Products_are_exact_around_every_tile_edge_and_touch_nothing_else(Runner runner)
    {
        foreach (int rows in (int[])[1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 65])
        {
            foreach (int columns in (int[])[1, 15, 16, 17, 31, 32, 33, 47, 48])
            {
                foreach (int k in (int[])[1, 31, 32, 33, 96]) CheckProduct(runner, rows, columns, k);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Runners))]
    public void Sums_agree_with_the_plain_sum_of_rounded_numbers(Runner runner)
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

    [Fact]
    public void Whoever_runs_the_product_it_comes_out_the_same()
    {
        const int M = 59, N = 45, K = 300;
        float[] a = ComputeTests.Random(M * K, 5), b = ComputeTests.Random(K * N, 6);
        float[,]? first = null;
        foreach (Runner runner in All)
        {
            using var operands = new Operands(this, M, N, K, runner);
            operands.Fill((i, p) => a[(i * K) + p], (p, j) => b[(p * N) + j]);
            operands.Product(0, 160, 0, M, add: false);
            operands.Product(160, K - 160, 0, M, add: true);
            first ??= operands.C;
            if (runner != Runner.Machine) Assert.Equal(first, operands.C);

            // Intel's two descriptions order the sums of a step differently, so a processor may differ in the last bits.
            foreach ((float expected, float actual) in first.Cast<float>().Zip(operands.C.Cast<float>()))
            {
                Assert.Equal(expected, actual, 1e-4);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Runners))]
    public void The_bits_do_not_depend_on_how_rows_and_depth_are_cut_up(Runner runner)
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
    public void Denormals_count_as_zero_and_what_is_no_number_stays_so(Runner runner)
    {
        using var operands = new Operands(this, 4, 2, 32, runner);
        float[] rows = [1e-39f, float.NaN, float.PositiveInfinity, 1];
        operands.Fill((i, p) => p == 0 ? rows[i] : 0, (p, j) => p == 0 ? (j == 0 ? 1e30f : 1e-39f) : 0);
        operands.Product(0, 32, 0, 4, add: false);
        if (runner != Runner.Software) Assert.Equal(0, operands.C[0, 0]);
        Assert.Equal(float.NaN, operands.C[1, 0]);
        Assert.Equal(float.PositiveInfinity, operands.C[2, 0]);
        Assert.Equal(Bf16.ToSingle(Bf16.Round(1e30f)), operands.C[3, 0]);
        if (runner != Runner.Software) Assert.Equal(0, operands.C[3, 1]);
    }

    [Fact]
    public void The_product_that_is_known_comes_out_right()
    {
        // Its buffers are its own: any address will do.
        _emulator.Allow(() => (0, long.MaxValue));
        Assert.True(AmxMachine.IsRight(AmxEmulator.Kernel));
        _emulator.Check();
        Assert.False(AmxMachine.IsRight(new AmxKernel(&Nothing)));
        Assert.NotEmpty(AmxMachine.Reason);
        if (!AmxMachine.IsAvailable)
        {
            NotSupportedException error = Assert.Throws<NotSupportedException>(() => AmxMachine.Kernel);
            Assert.Contains(AmxMachine.Reason, error.Message, StringComparison.Ordinal);
        }

        [System.Runtime.InteropServices.UnmanagedCallersOnly]
        static void Nothing(AmxArguments* arguments)
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
        long Products(int turns)
        {
            long before = _emulator.Count;
            AmxEmulator.Kernel.Ceiling(a.Pointer, b.Pointer, turns);
            _emulator.Check();
            return _emulator.Count - before;
        }

        Assert.Equal(3 * (AmxAssembler.CeilingProducts + 2), Products(4) - Products(1));
    }

    [Fact]
    public void Every_AMX_instruction_has_the_bytes_of_the_manual()
    {
        byte[] code = AmxAssembler.Assemble();
        int found = 0;
        foreach (Instruction instruction in _emulator.Program)
        {
            // VEX prefix (W = 0, L = 0), map 0F38, opcode; pp: 0 none, 1 66, 2 F3, 3 F2.
            (int Opcode, int Prefix)? form = instruction.Mnemonic switch
            {
                Mnemonic.Ldtilecfg or Mnemonic.Tilerelease => (0x49, 0),
                Mnemonic.Tilezero => (0x49, 3),
                Mnemonic.Tileloadd => (0x4B, 3),
                Mnemonic.Tilestored => (0x4B, 2),
                Mnemonic.Tdpbf16ps => (0x5C, 2),
                _ => null,
            };
            if (form is not { } f)
            {
                Assert.DoesNotContain("tile", instruction.Mnemonic.ToString(), StringComparison.OrdinalIgnoreCase);
                continue;
            }

            int Tmm(int operand) => instruction.GetOpRegister(operand) - Register.TMM0;
            bool load = instruction.Mnemonic == Mnemonic.Tileloadd, store = instruction.Mnemonic == Mnemonic.Tilestored;
            bool memory = load || store || instruction.Mnemonic == Mnemonic.Ldtilecfg;
            int at = memory ? instruction.MemoryBase - Register.RAX : 0;
            int index = load || store ? instruction.MemoryIndex - Register.RAX : 0;
            int vvvv = instruction.Mnemonic == Mnemonic.Tdpbf16ps ? Tmm(2) : 0;
            int reg = load || instruction.Mnemonic is Mnemonic.Tilezero or Mnemonic.Tdpbf16ps ? Tmm(0) : store ? Tmm(1) : 0;
            int rm = load || store ? 4 : memory ? at : instruction.Mnemonic == Mnemonic.Tdpbf16ps ? Tmm(1) : 0;
            int displacement = (int)instruction.MemoryDisplacement64;
            Assert.InRange(displacement, 0, 128);
            int mod = !memory ? 3 : displacement == 0 ? 0 : displacement < 128 ? 1 : 2;
            List<byte> expected =
            [
                0xC4,
                (byte)(0x82 | (index < 8 ? 0x40 : 0) | (at < 8 ? 0x20 : 0)),
                (byte)(((~vvvv & 15) << 3) | f.Prefix),
                (byte)f.Opcode,
                (byte)((mod << 6) | (reg << 3) | rm),
            ];
            if (load || store) expected.Add((byte)(((index & 7) << 3) | (at & 7)));
            if (mod is 1 or 2) expected.Add((byte)displacement);
            if (mod == 2) expected.AddRange([0, 0, 0]);
            Assert.Equal(expected, code.AsSpan((int)instruction.IP, instruction.Length).ToArray());
            found++;
        }

        Assert.True(found > 100);
        Assert.Equal([0xC4, 0xE2, 0x78, 0x49, 0x07], code[..5]);
    }

    [Fact]
    public void The_emulator_refuses_what_the_processor_would()
    {
        Refused("palette", (c, _) => c.ldtilecfg(__[rdi]), config => config[0] = 2);
        Refused("reserved", (c, _) => c.ldtilecfg(__[rdi]), config => config[40] = 1);
        Refused("tile 3", (c, _) => c.ldtilecfg(__[rdi]), config => config[48 + 3] = 17);
        Refused("not released", (c, _) => c.ldtilecfg(__[rdi]), _ => { });
        Refused("no tiles", (c, _) => c.tilezero(tmm0), _ => { });
        Refused("shapes", (c, _) => Product(c), config => config[48] = 5);
        Refused("shapes", (c, _) => Product(c), config => config[16] = 32);
        Refused("outside", (c, _) => Load(c, 0), _ => { });
        Refused("index register", (c, _) => Load(c, -1), _ => { });
        Refused("not kept", (c, _) => c.mov(rbx, 1), _ => { });
        Refused("unknown instruction", (c, _) => c.nop(), _ => { });

        static void Product(Assembler c)
        {
            c.ldtilecfg(__[rdi]);
            c.tdpbf16ps(tmm0, tmm1, tmm2);
        }

        static void Load(Assembler c, int stride)
        {
            c.ldtilecfg(__[rdi]);
            c.mov(rax, stride);
            if (stride < 0) c.tileloadd(tmm0, __[rdi]);
            else c.tileloadd(tmm0, __[rdi + (rax * 1) + 100]);
        }
    }

    private static void Refused(string why, Action<Assembler, byte> write, Action<byte[]> spoil)
    {
        var assembler = new Assembler(64);
        write(assembler, 0);
        assembler.ret();
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), 0);
        byte[] config = new byte[128];
        config[0] = 1;
        for (int t = 0; t < 8; t++) (config[16 + (2 * t)], config[48 + t]) = (64, 16);
        spoil(config);
        fixed (byte* p = config)
        {
            nint address = (nint)p;
            InvalidOperationException error = Assert.Throws<InvalidOperationException>(
                () => new AmxEmulator(stream.ToArray()).Run((void*)address, 128));
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
        }
    }

    private void CheckProduct(Runner runner, int rows, int columns, int k)
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
        private readonly AmxKernelTests _test;
        private readonly AlignedBuffer<ushort> _a, _b;
        private readonly AlignedBuffer<float> _c;
        private readonly Runner _runner;
        private readonly int _m, _n, _k, _depth, _strideC;

        public Operands(AmxKernelTests test, int m, int n, int k, Runner runner)
        {
            (_test, _m, _n, _k, _runner) = (test, m, n, k, runner);
            _depth = (k + AmxKernel.DepthStep - 1) / AmxKernel.DepthStep * AmxKernel.DepthStep;
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
            AmxKernel kernel = KernelOf(_runner);
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
