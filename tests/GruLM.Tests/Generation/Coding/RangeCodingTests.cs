// The range coder: what is written by some frequencies is read by the same ones, in as many bits as they say.

using FsCheck;
using FsCheck.Fluent;
using GruLM.Generation;

namespace GruLM.Tests;

public sealed class RangeCodingTests
{
    [Fact]
    public void Symbols_come_back_whatever_their_frequencies()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            (ulong Before, ulong Frequency, ulong Total)[] symbols = [.. Enumerable.Range(0, random.Next(300)).Select(_ => Symbol(random))];
            Assert.Equal(symbols.Length, Read(symbols, Write(symbols)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Symbols_take_the_bits_that_they_are_worth()
    {
        var random = new Random(4);
        (ulong Before, ulong Frequency, ulong Total)[] symbols = [.. Enumerable.Range(0, 20_000).Select(_ => Symbol(random))];
        double bits = symbols.Sum(symbol => Math.Log2((double)symbol.Total / symbol.Frequency));
        Assert.InRange(Write(symbols).Length, bits / 8 * 0.9999, (bits / 8 * 1.0001) + 2);
    }

    [Fact]
    public void A_carry_runs_back_through_all_bytes()
    {
        // The middle of the range again and again is 7F FF FF …; the last symbol carries, or does not.
        const ulong Total = 1UL << 40;
        foreach (ulong last in (ulong[])[0, (Total / 2) - 1, Total / 2, Total - 1])
        {
            (ulong, ulong, ulong)[] symbols = [.. Enumerable.Repeat(((Total / 2) - 1, 2UL, Total), 400), (last, 1, Total)];
            Assert.Equal(symbols.Length, Read(symbols, Write(symbols)));
        }
    }

    [Fact]
    public void A_writer_begins_anew()
    {
        var code = new RangeEncoder();
        Assert.True(code.Finish().IsEmpty);
        code.EncodeUniform(200, 256);
        code.EncodeUniform(7, 256);
        byte[] first = code.Finish().ToArray();
        code.EncodeUniform(200, 256);
        code.EncodeUniform(7, 256);
        Assert.Equal(first, code.Finish().ToArray());
        var reader = new RangeDecoder(first);
        Assert.Equal((200UL, 7UL), (reader.DecodeUniform(256), reader.DecodeUniform(256)));
    }

    [Fact]
    public void Anything_can_be_read()
    {
        var random = new Random(5);
        for (int round = 0; round < 200; round++)
        {
            byte[] bytes = new byte[random.Next(30)];
            random.NextBytes(bytes);
            var reader = new RangeDecoder(bytes);
            for (int i = 0; i < 100; i++)
            {
                (_, _, ulong total) = Symbol(random);
                ulong place = reader.Find(total);
                Assert.True(place < total);
                reader.Remove(place, 1, total);
            }
        }
    }

    [Fact]
    public void What_is_no_part_is_refused()
    {
        var code = new RangeEncoder();
        Assert.Throws<ArgumentException>(() => code.Encode(5, 0, 10));
        Assert.Throws<ArgumentException>(() => code.Encode(5, 6, 10));
        Assert.Throws<ArgumentException>(() => code.Encode(10, 1, 10));
        Assert.Throws<ArgumentException>(() => code.Encode(0, ulong.MaxValue, 10));
        Assert.Throws<ArgumentException>(() => code.Encode(0, 1, RangeEncoder.MostTotal + 1));
        var reader = new RangeDecoder(default);
        Assert.Throws<ArgumentException>(() => reader.Find(0));
        Assert.Throws<ArgumentException>(() => reader.Find(RangeEncoder.MostTotal + 1));
        Assert.Throws<ArgumentException>(() => reader.Remove(3, 8, 10));
    }

    private static (ulong Before, ulong Frequency, ulong Total) Symbol(Random random)
    {
        // All sizes of totals, and often next to all or nothing of one.
        ulong total = (ulong)random.NextInt64(1, 1L << random.Next(1, 54));
        ulong frequency = random.Next(3) switch { 0 => 1, 1 => total, _ => (ulong)random.NextInt64(1, (long)total + 1) };
        ulong rest = total - frequency;
        ulong before = random.Next(3) switch { 0 => 0, 1 => rest, _ => (ulong)random.NextInt64((long)rest + 1) };
        return (before, frequency, total);
    }

    private static byte[] Write((ulong Before, ulong Frequency, ulong Total)[] symbols)
    {
        var code = new RangeEncoder();
        foreach ((ulong before, ulong frequency, ulong total) in symbols) code.Encode(before, frequency, total);
        return code.Finish().ToArray();
    }

    // How many symbols come back.
    private static int Read((ulong Before, ulong Frequency, ulong Total)[] symbols, byte[] bytes)
    {
        var code = new RangeDecoder(bytes);
        int read = 0;
        foreach ((ulong before, ulong frequency, ulong total) in symbols)
        {
            ulong place = code.Find(total);
            if (place < before || place - before >= frequency) break;
            code.Remove(before, frequency, total);
            read++;
        }

        return read;
    }
}
