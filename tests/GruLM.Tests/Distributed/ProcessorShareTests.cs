// The threads that each of several processes on one machine takes.

using GruLM.Distributed;

namespace GruLM.Tests.Distributed;

public sealed class ProcessorShareTests
{
    [Theory]
    [InlineData("0-7", 4, 4, 8, 2)]
    [InlineData("0-7", 3, 3, 8, 2)]
    [InlineData("3", 1, 8, 1, 1)]
    [InlineData("0-3,8-11", 1, 2, 8, 8)]
    [InlineData("0-63", 4, 4, 8, 2)]
    [InlineData("0-63", 4, 4, 2, 1)]
    [InlineData("0-1", 4, 4, 2, 1)]
    [InlineData("", 4, 4, 8, 2)]
    public void Are_those_it_was_bound_to_or_its_share(string allowed, int same, int here, int processors, int threads) =>
        Assert.Equal(threads, ProcessorShare.Of(allowed, same, here, processors));

    [Fact]
    public void All_processors_of_this_machine_are_one_processs() =>
        Assert.Equal(Environment.ProcessorCount, ProcessorShare.Of(ProcessorShare.Allowed(), 1, 1, Environment.ProcessorCount));
}
