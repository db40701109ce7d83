// Lines keep their order and their bytes whatever the threads and however the input dribbles in.
using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Tokenization;

namespace GruLM.Tests.Tokenization;

public sealed class LineTransferTests
{
    [Fact]
    public void Every_line_comes_out_as_it_went_in()
    {
        // Few different bytes, so that there are many line ends.
        Prop.ForAll<byte[], int, bool>((seed, threads, slow) =>
        {
            byte[] text = [.. seed.Select(b => "\n\r a\0\xC3\xFF"u8[b % 7])];
            byte[] expected = text.Length == 0 || text[^1] == '\n' ? text : [.. text, (byte)'\n'];
            return Run(text, 1 + Math.Abs(threads % 4), slow ? 1 : int.MaxValue).AsSpan().SequenceEqual(expected);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Many_blocks_and_lines_longer_than_a_block_keep_their_order(int threads)
    {
        var text = new StringBuilder();
        for (int i = 0; i < 40_000; i++)
        {
            text.Append(i).Append(' ').Append('x', i % 50).Append(i == 777 ? new string('y', 2_000_000) : "").Append('\n');
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        Assert.Equal(bytes, Run(bytes, threads, 60_000));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_bad_line_is_named_and_the_lines_before_it_are_written(int threads)
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(1, 100_000).Select(i => i == 90_001 ? "bad\n" : $"{i}\n")));
        using var output = new MemoryStream();
        InvalidDataException error = Assert.Throws<InvalidDataException>(
            () => new LineTransfer("in", threads, () => new Copy(), null, default).Run(new Dribble(text, 9_999), output));
        Assert.Equal("in, line 90001: this line is bad", error.Message);
        Assert.Equal(text[..Encoding.UTF8.GetString(text).IndexOf("bad", StringComparison.Ordinal)], output.ToArray());
    }

    [Fact]
    public void A_reader_that_waits_gets_the_lines_that_are_there()
    {
        // The second read waits until the first line has come out.
        using var arrived = new ManualResetEventSlim();
        using var output = new SignallingStream(arrived);
        var input = new Dribble("first\nsecond\n"u8.ToArray(), 6, () => Assert.True(arrived.Wait(TimeSpan.FromSeconds(60))));
        new LineTransfer("in", 2, () => new Copy(), null, default).Run(input, output);
        Assert.Equal("first\nsecond\n", Encoding.UTF8.GetString(output.ToArray()));
    }

    [Fact]
    public void Stopping_ends_a_read_that_would_wait_for_ever()
    {
        using var stop = new CancellationTokenSource();
        using var never = new ManualResetEventSlim();
        using var output = new MemoryStream();
        var input = new Dribble("first\nsecond\n"u8.ToArray(), 6, () =>
        {
            stop.Cancel();
            never.Wait(TimeSpan.FromSeconds(60));
        });
        Assert.ThrowsAny<OperationCanceledException>(
            () => new LineTransfer("in", 2, () => new Copy(), null, stop.Token).Run(input, output));
        Assert.Equal("first\n", Encoding.UTF8.GetString(output.ToArray()));
        never.Set();
    }

    private static byte[] Run(byte[] text, int threads, int atOnce)
    {
        using var output = new MemoryStream();
        new LineTransfer("in", threads, () => new Copy(), null, default).Run(new Dribble(text, atOnce), output);
        return output.ToArray();
    }

    private sealed class Copy : ILineWork
    {
        public void Do(ReadOnlySpan<byte> line, IBufferWriter<byte> output, CancellationToken stop)
        {
            if (line.SequenceEqual("bad"u8))
            {
                throw new InvalidDataException("this line is bad");
            }

            output.Write(line);
            output.Write("\n"u8);
        }
    }

    // A stream like a pipe: no length, and a few bytes a read; the second read calls back first.
    private sealed class Dribble(byte[] bytes, int atOnce, Action? beforeSecond = null) : MemoryStream(bytes)
    {
        private int _reads;

        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer)
        {
            if (++_reads == 2)
            {
                beforeSecond?.Invoke();
            }

            return base.Read(buffer[..Math.Min(buffer.Length, atOnce)]);
        }
    }

    private sealed class SignallingStream(ManualResetEventSlim arrived) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer);
            arrived.Set();
        }
    }
}
