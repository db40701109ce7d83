// The thread team: every item once, in any number of regions, and exceptions come back to the caller.

using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

public unsafe class ThreadTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Every_item_runs_exactly_once(int threads)
    {
        using var team = new ThreadTeam(threads);
        using var counts = new AlignedBuffer<int>(300);
        for (int region = 1; region <= 2000; region++)
        {
            int items = region % 300;
            var job = new Count { Counts = counts.Pointer };
            counts.Clear();
            team.Run(ref job, items);
            for (int i = 0; i < 300; i++) Assert.Equal(i < items ? 1 : 0, counts.Pointer[i]);
        }
    }

    [Fact]
    public void A_parked_team_wakes_up()
    {
        using var team = new ThreadTeam(3);
        using var counts = new AlignedBuffer<int>(10);
        for (int round = 0; round < 5; round++)
        {
            Thread.Sleep(20);
            var job = new Count { Counts = counts.Pointer };
            team.Run(ref job, 10);
        }

        Assert.All(counts.Span.ToArray(), c => Assert.Equal(5, c));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_exception_reaches_the_caller_and_the_team_goes_on(int threads)
    {
        using var team = new ThreadTeam(threads);
        var failing = default(Fail);
        Exception error = Assert.ThrowsAny<Exception>(() => team.Run(ref failing, 20));
        Assert.Contains("item 7", error.ToString(), StringComparison.Ordinal);
        using var counts = new AlignedBuffer<int>(10);
        var job = new Count { Counts = counts.Pointer };
        team.Run(ref job, 10);
        Assert.All(counts.Span.ToArray(), c => Assert.Equal(1, c));
    }

    private struct Count : IParallelJob
    {
        public int* Counts;

        public readonly void Execute(int item, int thread) => Interlocked.Increment(ref Counts[item]);
    }

    private struct Fail : IParallelJob
    {
        public readonly void Execute(int item, int thread)
        {
            if (item == 7) throw new InvalidOperationException("item 7");
        }
    }
}
