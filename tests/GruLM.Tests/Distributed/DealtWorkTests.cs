// Work dealt out among processes: the first one gets all results in order, whatever their number; what goes wrong in one ends all, with its
// name.

using FsCheck;
using FsCheck.Fluent;
using GruLM.Distributed;
using GruLM.Model;

namespace GruLM.Tests.Distributed;

public sealed class DealtWorkTests
{
    [Fact]
    public void The_first_gets_all_results_in_order()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll<byte, byte[][]>((processes, pieces) =>
        {
            int count = 1 + (processes % 5);
            byte[][][] results = ThreadLink.Run(count, group => group.Deal(pieces, Reversed).ToArray());
            Assert.Equal(pieces.Select(Reversed), results[0]);
            Assert.All(results[1..], result => Assert.Empty(result));
        }));
    }

    [Fact]
    public void Each_does_its_share()
    {
        int[] shares = ThreadLink.Run(3, group =>
        {
            int own = 0;
            foreach (byte[] _ in group.Deal(Enumerable.Range(0, 10), _ => [(byte)own++]))
            {
            }

            return own;
        });
        Assert.Equal([4, 3, 3], shares);
    }

    [Fact]
    public void A_failure_ends_all_with_its_reason()
    {
        string[] failures = new string[3];
        var before = new List<byte>();
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => ThreadLink.Run(3, group =>
        {
            try
            {
                IEnumerable<byte[]> results =
                    group.Deal(Enumerable.Range(0, 9), i => i == 4 ? throw new InvalidDataException("a bad piece") : [(byte)i]);
                foreach (byte[] result in results) before.Add(result[0]);
                return 0;
            }
            catch (Exception own)
            {
                failures[group.Rank] = own.Message;
                throw;
            }
        }));
        Assert.Equal("a bad piece", error.Message);
        Assert.Equal([0, 1, 2, 3], before);
        Assert.Equal("a bad piece", failures[1]);
        Assert.All([failures[0], failures[2]], failure => Assert.Contains("rank 1 of 3", failure, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(6)]
    public void What_comes_before_a_piece_that_cannot_be_read_or_done_is_done(int bad)
    {
        foreach (bool isRead in (bool[])[false, true])
        {
            var before = new List<byte>();
            InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => ThreadLink.Run(3, group =>
            {
                foreach (byte[] result in group.Deal(Pieces(isRead ? bad : 99), i => Work(i, bad))) before.AddRange(result);
                return 0;
            }));
            Assert.Equal("no more", error.Message);
            Assert.Equal(Enumerable.Range(0, bad).Select(i => (byte)i).Concat(isRead ? [] : [77]), before);
        }

        static IEnumerable<int> Pieces(int bad)
        {
            for (int i = 0; i < 9; i++) yield return i == bad ? throw new InvalidDataException("no more") : i;
        }

        static byte[] Work(int i, int bad) =>
            i == bad ? throw new PartOfPieceException([77], new InvalidDataException("no more")) : [(byte)i];
    }

    [Fact]
    public void Once_one_is_stopped_all_are()
    {
        bool[] stopped = ThreadLink.Run(3, group =>
        {
            using var cancel = new CancellationTokenSource();
            try
            {
                return group.Deal(Enumerable.Range(0, 100), i =>
                {
                    if (i == 7) cancel.Cancel();
                    return [];
                }, cancel.Token).Any(_ => false);
            }
            catch (OperationCanceledException)
            {
                return true;
            }
        });
        Assert.All(stopped, Assert.True);
    }

    [Fact]
    public void Who_reads_no_further_ends_the_work_of_all()
    {
        bool[] ended = ThreadLink.Run(2, group =>
        {
            try
            {
                return group.Deal(Enumerable.Range(0, 100), _ => [1]).Take(3).Count() == 3;
            }
            catch (RankFailedException error)
            {
                return error.Message.Contains("ended before all was done", StringComparison.Ordinal);
            }
        });
        Assert.All(ended, Assert.True);
    }

    [Fact]
    public void Processes_that_see_other_pieces_are_told()
    {
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => ThreadLink.Run(
            2, group => group.Deal(Enumerable.Range(0, 6 + group.Rank), _ => [1]).Count()));
        Assert.Contains("rank 1 of 2", error.Message, StringComparison.Ordinal);
        Assert.Contains("all must read the same files", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Reversed(byte[] piece) => [.. Enumerable.Reverse(piece ?? [])];
}
