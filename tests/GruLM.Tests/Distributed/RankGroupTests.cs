// What processes that train together tell each other when one of them goes no further.

using GruLM.Distributed;
using GruLM.Model;

namespace GruLM.Tests.Distributed;

public sealed class RankGroupTests
{
    [Theory]
    [InlineData("the disk is full", "{1}: the disk is full")]
    [InlineData("{1} was told --lr 0.01", "{1} was told --lr 0.01")]
    [InlineData("{0} reads another training text", "{0} reads another training text")]
    public void A_failure_names_one_process_once(string reason, string told)
    {
        using var isReady = new ManualResetEventSlim();
        string?[] heard = ThreadLink.Run(2, group =>
        {
            if (group.Rank == 1)
            {
                isReady.Wait(TestContext.Current.CancellationToken);
                group.Fail(WithNames(reason, group));
                return null;
            }

            try
            {
                isReady.Set();
                group.Gather(new double[2]);
                return "nothing";
            }
            catch (RankFailedException error)
            {
                Assert.Equal(WithNames(told, group), error.Message);
                return error.Message;
            }
        });
        Assert.EndsWith(told[^5..], heard[0], StringComparison.Ordinal);
    }

    private static string WithNames(string text, RankGroup group) => string.Format(null, text, group.Name(0), group.Name(1));
}
