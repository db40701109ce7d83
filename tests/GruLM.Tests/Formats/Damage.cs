// Damage to files, for tests of what reads them: changed bytes and bits, cuts, holes, repeated stretches, huge numbers and random
// beginnings; and a reader's promise, which is an answer or InvalidDataException in one line, within a bound of memory.

using System.Buffers.Binary;

namespace GruLM.Tests;

/// <summary>Damages files. The same seed gives the same damage.</summary>
internal sealed class Damage(int seed)
{
    private const int Few = 500, Many = 100_000;

    private readonly Random _random = new(seed);

    /// <summary>How often the normal tests damage a file, and how often the long ones do.</summary>
    public static int Rounds => Environment.GetEnvironmentVariable("GRULM_TESTS") == "full" ? Many : Few;

    /// <summary>Writes damaged forms of files one after the other to <paramref name="path"/> and has each read; those that are refused are
    /// refused with <see cref="InvalidDataException"/>. No reading allocates more than <paramref name="most"/> says for a file of so many
    /// bytes.</summary>
    public void Read(string path, byte[][] sources, Func<long, long> most, Action<string> read)
    {
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = Of(sources[round % sources.Length]);
            File.WriteAllBytes(path, bytes);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                read(path);
            }
            catch (InvalidDataException error)
            {
                Assert.DoesNotContain('\n', error.Message);
                refused++;
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated <= most(bytes.Length), $"round {round}: {allocated} bytes for a file of {bytes.Length}");
        }

        // Some must be read still, or the damage is none of interest.
        Assert.InRange(refused, 0, Rounds - 1);
    }

    /// <summary>A damaged copy.</summary>
    public byte[] Of(byte[] source)
    {
        byte[] bytes = [.. source];
        for (int change = _random.Next(1, 6); change > 0; change--) Change(bytes);
        return _random.Next(8) switch
        {
            0 => bytes[.._random.Next(bytes.Length)],
            1 => WithStretch(bytes),
            2 => WithHole(bytes),
            _ => bytes,
        };
    }

    private void Change(byte[] bytes)
    {
        int at = _random.Next(bytes.Length);
        switch (_random.Next(12))
        {
            case 0:
                WriteHuge(bytes, at);
                break;
            case 1:
                _random.NextBytes(bytes.AsSpan(0, Math.Min(bytes.Length, _random.Next(1, 64))));
                break;
            case < 5:
                bytes[at] = (byte)_random.Next(256);
                break;
            case < 9:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            default:
                bytes[at] = bytes[_random.Next(bytes.Length)];
                break;
        }
    }

    // Where a length or a place may stand.
    private void WriteHuge(byte[] bytes, int at)
    {
        long[] numbers = [-1, int.MaxValue, uint.MaxValue, long.MaxValue, long.MinValue, 1L << 40, 1 << 30, 0];
        byte[] number = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, numbers[_random.Next(numbers.Length)]);
        if (_random.Next(2) == 0) number = number[..sizeof(int)];
        number.AsSpan(0, Math.Min(number.Length, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
    }

    private byte[] WithStretch(byte[] bytes)
    {
        (int from, int to) = Range(bytes);
        int at = _random.Next(bytes.Length);
        return [.. bytes[..at], .. bytes[from..to], .. bytes[at..]];
    }

    private byte[] WithHole(byte[] bytes)
    {
        (int from, int to) = Range(bytes);
        return [.. bytes[..from], .. bytes[to..]];
    }

    private (int From, int To) Range(byte[] bytes)
    {
        int from = _random.Next(bytes.Length);
        return (from, Math.Min(bytes.Length, from + _random.Next(1, 200)));
    }
}
