// The stand-in for a card, tried by kernels of its own (standin_test.cu) and by wrong calls: what threads do together is right, and every
// mistake that it is there to find is found.
using System.Runtime.InteropServices;

namespace GruLM.Tests.Cuda;

[Collection(StandIn.Collection)]
public class StandInTests
{
    private const int InvalidValue = 1;
    private const int InvalidContext = 201;
    private const int InvalidHandle = 400;
    private const int IllegalAddress = 700;
    private const int MisalignedAddress = 716;
    private const int LaunchFailed = 719;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Threads_sum_by_shuffles_and_barriers(ulong seed)
    {
        var card = new RawCard(seed);
        float[] numbers = [.. Enumerable.Range(0, 10000).Select(i => (float)(i % 100))];
        ulong sums = RawCard.Allocate<float>(5);
        RawCard.Check(card.Launch("test_sum", 5, 256, 32, new Sum(RawCard.Put<float>(numbers), sums, numbers.Length)));
        RawCard.Check(card.Synchronize());
        Assert.Equal(numbers.Sum(), RawCard.Download<float>(sums, 5).Sum());
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    public void Warps_multiply_matrices(ulong seed, bool transposed)
    {
        const int K = 80;
        var card = new RawCard(seed);
        var random = new Random(5);
        ushort[] a = Values(128 * K), b = Values(128 * K);
        ulong c = RawCard.Allocate<float>(128 * 128);
        var arguments = new Matrices(RawCard.Put<ushort>(a), RawCard.Put<ushort>(b), c, K, transposed ? 1 : 0);
        RawCard.Check(card.Launch("test_matrices", 1, 256, 3 * 8192, arguments));
        RawCard.Check(card.Synchronize());
        float[] found = RawCard.Download<float>(c, 128 * 128);
        for (int i = 0; i < found.Length; i++)
        {
            (int row, int column) = (i / 128, i % 128);
            double expected = 0;
            for (int k = 0; k < K; k++)
            {
                expected += Number(a[(row * K) + k]) * Number(b[transposed ? (column * K) + k : (k * 128) + column]);
            }

            Assert.Equal(expected, found[i], 1e-5);
        }

        ushort[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => Bits((random.NextSingle() * 2) - 1))];
        ushort Bits(float value) => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
        double Number(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    public void A_copy_has_come_only_where_a_thread_waits(ulong seed, bool waits)
    {
        const int Stages = 7;
        var card = new RawCard(seed);
        float[] numbers = [.. Enumerable.Range(0, Stages * 256).Select(i => (float)i)];
        ulong to = RawCard.Allocate<float>(numbers.Length);
        var arguments = new Pipeline(RawCard.Put<float>(numbers), to, Stages, waits ? 1 : 0);
        RawCard.Check(card.Launch("test_pipeline", 1, 64, 2048, arguments));
        RawCard.Check(card.Synchronize());
        bool isRight = RawCard.Download<float>(to, numbers.Length).SequenceEqual(numbers.Select(x => 2 * x));
        Assert.Equal(waits, isRight);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Blocks_of_a_cooperative_launch_wait_for_each_other(ulong seed)
    {
        var card = new RawCard(seed);
        (ulong flag, ulong to) = (RawCard.Put(0u), RawCard.Allocate<uint>(30 * 64));
        RawCard.Check(card.Launch("test_relay", 30, 64, 0, new Relay(flag, to), together: true));
        RawCard.Check(card.Synchronize());
        uint[] found = RawCard.Download<uint>(to, 30 * 64);
        Assert.All(Enumerable.Range(1, 29), block => Assert.Equal((uint)block, found[(block * 64) + 63]));
        Assert.Equal(720, card.Launch("test_relay", 3000, 64, 0, new Relay(flag, to), together: true));
    }

    [Fact]
    public void Numbers_round_to_bfloat16_as_on_a_card()
    {
        var card = new RawCard();
        uint[] bits = new uint[64];
        for (int i = 0; i < bits.Length; i++) bits[i] = 0x3F80_0000u + ((uint)i * 0x4000);
        (bits[0], bits[1], bits[2], bits[3]) = (0x7F80_0000, 0xFFC0_0001, 0x7F7F_FFFF, 0x8000_0001);
        ulong to = RawCard.Allocate<uint>(32);
        RawCard.Check(card.Launch("test_rounding", 1, 32, 0, new Rounding(RawCard.Put<uint>(bits), to)));
        RawCard.Check(card.Synchronize());
        ushort[] found = [.. MemoryMarshal.Cast<uint, ushort>(RawCard.Download<uint>(to, 32))];
        Assert.Equal([0x7F80, 0x7FFF, 0x7F80, 0x8000, 0x3F81, 0x3F81, 0x3F82, 0x3F82, 0x3F82], found[..9]);
    }

    [Theory]
    [InlineData(1, IllegalAddress, "byte 256 of a piece of device memory of 256 bytes")]
    [InlineData(2, LaunchFailed, "ended while thread 0 of its block waits in sync_block")]
    [InlineData(3, LaunchFailed, "thread 5: ended while thread 0 of its warp waits in shuffle_xor")]
    [InlineData(4, LaunchFailed, "waits in all_lanes while thread 0 of its warp waits in sync_warp")]
    [InlineData(5, 702, "looks for ever at the value 4294967295 in load_acquire")]
    [InlineData(6, IllegalAddress, "copy16_async at byte 256 of shared memory, and the launch gives 256")]
    [InlineData(7, MisalignedAddress, "load_matrices at byte 8 of shared memory")]
    [InlineData(8, IllegalAddress, "byte 4096 of 256 of shared memory")]
    [InlineData(9, IllegalAddress, "wrote to byte 256 of shared memory, and the launch gives 256")]
    [InlineData(10, MisalignedAddress, "a misaligned address")]
    [InlineData(11, IllegalAddress, "a null pointer")]
    [InlineData(12, LaunchFailed, "thread 33: waits in sync_block while thread 32 of its warp waits in sync_warp")]
    [InlineData(14, IllegalAddress, "byte 4096 of a piece of device memory of 256 bytes")]
    public void A_kernels_mistake_is_found(int which, int error, string said)
    {
        var card = new RawCard();
        RawCard.Check(card.Launch("test_mistakes", 1, 64, 256, new Mistake(RawCard.Allocate<uint>(64), which)));
        Assert.Equal(error, card.Synchronize());
        Assert.Contains("kernel test_mistakes, block (0, 0, 0), thread ", StandIn.LastError, StringComparison.Ordinal);
        Assert.Contains(said, StandIn.LastError, StringComparison.Ordinal);

        // What comes after fails in the same way, until the context is gone.
        Assert.Equal(error, RawCard.Allocate(4, out _));
    }

    [Theory]
    [InlineData(1, 702, "waits for ever at the barrier of byte 8192")]
    [InlineData(2, LaunchFailed, "arrives at the barrier of byte 8192, where all have arrived")]
    [InlineData(3, 702, "waits for threads that never come")]
    [InlineData(4, LaunchFailed, "asks for other products than thread ")]
    [InlineData(5, LaunchFailed, "copy_tile by a map that the driver has not made")]
    [InlineData(6, LaunchFailed, "waits in sync_threads, which is for the first 64")]
    [InlineData(7, IllegalAddress, "multiply_group reads byte ")]
    [InlineData(8, MisalignedAddress, "a barrier at byte 8196 of shared memory")]
    public void A_mistake_with_Hoppers_instructions_is_found(int which, int error, string said)
    {
        var card = new RawCard();
        RawCard.Check(card.Launch("test_hopper", 1, 128, 9000, new Mistake(RawCard.Allocate<uint>(128), which)));
        Assert.Equal(error, card.Synchronize());
        Assert.Contains("kernel test_hopper, block (0, 0, 0), thread ", StandIn.LastError, StringComparison.Ordinal);
        Assert.Contains(said, StandIn.LastError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 16u)]
    [InlineData(9, 0u)]
    public void A_product_of_four_warps_is_there_only_where_they_wait(int which, uint expected)
    {
        var card = new RawCard();
        ulong to = RawCard.Allocate<uint>(128);
        RawCard.Check(card.Launch("test_hopper", 1, 128, 9000, new Mistake(to, which)));
        RawCard.Check(card.Synchronize());
        Assert.All(RawCard.Download<uint>(to, 128), sum => Assert.Equal(expected, sum));
    }

    [Fact]
    public void A_missing_barrier_shows_in_what_is_read()
    {
        var card = new RawCard();
        ulong to = RawCard.Allocate<uint>(64);
        RawCard.Check(card.Launch("test_mistakes", 1, 64, 256, new Mistake(to, 13)));
        RawCard.Check(card.Synchronize());
        Assert.Equal(uint.MaxValue, RawCard.Download<uint>(to, 64)[0]);
    }

    [Fact]
    public void Work_is_done_when_somebody_waits_for_it()
    {
        var card = new RawCard();
        RawCard.Check(RawCard.Allocate(256, out ulong pinned, pinned: true));
        ulong to = RawCard.Allocate<uint>(64);
        RawCard.Check(card.Launch("test_mistakes", 1, 64, 256, new Mistake(to, 0)));
        RawCard.Check(card.DownloadLater(pinned, to, 256));
        Assert.Equal(uint.MaxValue, Read(pinned, 63));
        RawCard.Check(card.Synchronize());
        Assert.Equal(63u, Read(pinned, 63));
    }

    [Fact]
    public void A_graph_does_again_what_was_captured()
    {
        var card = new RawCard();
        ulong to = RawCard.Allocate<uint>(64);
        RawCard.Check(card.BeginCapture());
        RawCard.Check(card.Launch("test_mistakes", 1, 64, 256, new Mistake(to, 0)));
        RawCard.Check(card.EndCapture(out ulong graph));
        RawCard.Check(RawCard.Instantiate(graph, out ulong executable));
        RawCard.Check(RawCard.Call("cuGraphDestroy", graph));
        Assert.Equal(uint.MaxValue, RawCard.Download<uint>(to, 64)[63]);
        for (int i = 0; i < 2; i++)
        {
            RawCard.Check(RawCard.Upload(to, new uint[64]));
            RawCard.Check(card.LaunchGraph(executable));
            RawCard.Check(card.Synchronize());
            Assert.Equal(63u, RawCard.Download<uint>(to, 64)[63]);
        }

        RawCard.Check(RawCard.Call("cuMemFree_v2", to));
        RawCard.Check(card.LaunchGraph(executable));
        Assert.Equal(IllegalAddress, card.Synchronize());
        Assert.Contains("which was freed", StandIn.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public void A_capture_is_broken_by_what_it_forbids()
    {
        var card = new RawCard();
        ulong memory = RawCard.Allocate<uint>(1);
        foreach (Func<int> forbidden in new Func<int>[]
        {
            () => RawCard.Allocate(4, out _), () => RawCard.Upload(memory, 1u), card.Synchronize, () => RawCard.Load("", out _),
        })
        {
            RawCard.Check(card.BeginCapture());
            Assert.Equal(900, forbidden());
            Assert.Equal(901, card.EndCapture(out _));
        }

        Assert.Equal(InvalidValue, card.EndCapture(out _));
    }

    [Fact]
    public void Launches_that_a_card_refuses_are_refused()
    {
        var card = new RawCard();
        var arguments = new Mistake(RawCard.Allocate<uint>(64), 0);
        Assert.Equal(701, card.Launch("test_mistakes", 1, 96, 256, arguments));
        Assert.Equal(InvalidValue, card.Launch("test_mistakes", 1, 33, 256, arguments));
        Assert.Equal(InvalidValue, card.Launch("test_mistakes", 0, 64, 256, arguments));
        Assert.Equal(InvalidValue, card.Launch("test_mistakes", 1, 64, 50_000, arguments));
        Assert.Equal(IllegalAddress, card.Launch("test_mistakes", 1, 64, 256, arguments with { To = arguments.To + 1024 }));
        RawCard.Check(RawCard.Function(card.Module, "test_mistakes", out ulong function));
        Assert.Equal(InvalidValue, Allow(function, (163 << 10) + 1));
        RawCard.Check(Allow(function, 163 << 10));
        RawCard.Check(card.Launch(function, 1, 64, 163 << 10, arguments));
        RawCard.Check(card.Synchronize());
        RawCard.Check(RawCard.Call("cuModuleUnload", card.Module));
        Assert.Equal(InvalidHandle, card.Launch(function, 1, 64, 256, arguments));
    }

    [Fact]
    public void Modules_are_looked_at()
    {
        const string Head = "// made by hand\n.version 7.1\n.target sm_80\n.address_size 64\n";
        _ = new RawCard();
        Assert.Equal(200, RawCard.Load("MZ", out _));
        Assert.Equal(218, RawCard.Load(Head + "{ } and more", out _));
        Assert.Equal(209, RawCard.Load(Head.Replace("80", "100", StringComparison.Ordinal) + "{ }", out _));
        Assert.Equal(222, RawCard.Load(Head.Replace("7.1", "8.9", StringComparison.Ordinal) + "{ }", out _));
        RawCard.Check(RawCard.Load(Head + Entry("test_relay", 16, 64) + Entry("test_sum", 32, 256) + Entry("a", 8, 32), out ulong module));
        RawCard.Check(RawCard.Function(module, "test_relay", out _));
        Assert.Equal(500, RawCard.Function(module, "a", out _));
        Assert.Equal(500, RawCard.Function(module, "test_mistakes", out _));
        Assert.Equal(200, RawCard.Function(module, "test_sum", out _));
        Assert.Contains("compile the PTX again", StandIn.LastError, StringComparison.Ordinal);
        Assert.Equal(24, StandIn.ArgumentBytes("test_sum"));
        Assert.Equal(256, StandIn.Threads("test_sum"));
        Assert.Equal(-1, StandIn.ArgumentBytes("a"));

        string Entry(string name, int bytes, int threads) =>
            $".visible .entry {name}(\n.param .align 8 .b8 {name}_param_0[{bytes}]\n)\n.maxntid {threads}, 1, 1\n{{ ret; }}\n";
    }

    [Fact]
    public void Handles_addresses_and_sizes_are_checked()
    {
        var card = new RawCard();
        ulong memory = RawCard.Allocate<uint>(3);
        Assert.Equal(InvalidValue, RawCard.Upload(memory, 1u, 2u, 3u, 4u));
        Assert.Equal(InvalidValue, RawCard.Upload(memory + 4, 1u, 2u, 3u));
        Assert.Equal(InvalidHandle, RawCard.Call("cuStreamSynchronize", card.Module));
        Assert.Equal(InvalidHandle, RawCard.Call("cuEventDestroy_v2", card.Stream));
        Assert.Equal(InvalidValue, RawCard.Call("cuMemFree_v2", memory + 256));
        RawCard.Check(RawCard.Call("cuMemFree_v2", memory));
        Assert.Equal(InvalidValue, RawCard.Call("cuMemFree_v2", memory));
        Assert.Equal(InvalidValue, RawCard.Upload(memory, 1u));
        StandIn.SetMemory(1 << 20);
        Assert.Equal(2, RawCard.Allocate((1 << 20) + 1, out _));
        int onAnotherThread = 0;
        var thread = new Thread(() => onAnotherThread = RawCard.Allocate(4, out _));
        thread.Start();
        thread.Join();
        Assert.Equal(InvalidContext, onAnotherThread);
    }

    [Fact]
    public void What_lives_is_counted_and_calls_fail_when_told_to()
    {
        var card = new RawCard();
        ulong memory = RawCard.Allocate<uint>(3);
        Assert.Equal("device memory 1, module 1, stream 1, context 1", StandIn.Live);
        long calls = StandIn.Calls;
        StandIn.FailCall(2, 999);
        RawCard.Check(RawCard.Upload(memory, 1u));
        Assert.Equal(999, RawCard.Upload(memory, 1u));
        RawCard.Check(RawCard.Upload(memory, 1u));
        Assert.Equal(calls + 3, StandIn.Calls);

        // Who frees can do no more about an error, so what was to be freed is.
        StandIn.FailCall(1, 999);
        Assert.Equal(999, RawCard.Call("cuMemFree_v2", memory));
        RawCard.Check(RawCard.Call("cuModuleUnload", card.Module));
        RawCard.Check(RawCard.Call("cuStreamDestroy_v2", card.Stream));
        RawCard.Check(RawCard.Call("cuDevicePrimaryCtxRelease_v2", 0));
        Assert.Equal("", StandIn.Live);
        Assert.Equal(InvalidContext, RawCard.Allocate(4, out _));
    }

    [Fact]
    public void Without_a_compiler_there_is_one_clear_line()
    {
        Assert.SkipWhen(StandIn.Obstacle is not null, StandIn.Obstacle ?? "");
        (int exitCode, string said) = StandIn.RunBuild("no-such-compiler", "/nowhere");
        Assert.Equal((1, "build.sh: a C++ compiler is needed (g++ or clang++)\n"), (exitCode, said));
    }

    private static unsafe int Allow(ulong function, int sharedBytes) =>
        ((delegate* unmanaged<ulong, int, int, int>)StandIn.Export("cuFuncSetAttribute"))(function, 8, sharedBytes);

    private static unsafe uint Read(ulong pinned, int index) => Volatile.Read(ref ((uint*)pinned)[index]);

    private readonly record struct Sum(ulong Numbers, ulong Sums, long Count);

    private readonly record struct Matrices(ulong A, ulong B, ulong C, int K, int IsTransposed);

    private readonly record struct Pipeline(ulong From, ulong To, int Stages, int Waits);

    private readonly record struct Relay(ulong Flag, ulong To);

    private readonly record struct Rounding(ulong Numbers, ulong Rounded);

    private readonly record struct Mistake(ulong To, long Which);
}
