// TensorBoard's event files, read back by a reader of its own that follows the format's documents: records with a CRC-32C by table, and
// protocol buffers.

using System.Buffers.Binary;
using System.Text;
using GruLM.Formats;

namespace GruLM.Tests.Formats;

/// <summary>One record of an event file.</summary>
internal sealed record TensorBoardEvent(
    double WallTime, long Step, string? FileVersion, int? SessionStatus, IReadOnlyList<(string Tag, float Value)> Scalars);

/// <summary>Reads event files and checks every checksum.</summary>
internal static class TensorBoardReader
{
    private static readonly uint[] s_table = [.. Enumerable.Range(0, 256).Select(i =>
    {
        uint crc = (uint)i;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78u);
        return crc;
    })];

    public static uint Crc32C(ReadOnlySpan<byte> data)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte b in data) crc = (crc >> 8) ^ s_table[(byte)(crc ^ b)];
        return crc ^ 0xFFFFFFFF;
    }

    public static List<TensorBoardEvent> Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] all = new byte[stream.Length];
        stream.ReadExactly(all);
        var events = new List<TensorBoardEvent>();
        for (ReadOnlySpan<byte> unread = all; unread.Length > 0;)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(unread));
            Assert.Equal(Masked(unread[..8]), BinaryPrimitives.ReadUInt32LittleEndian(unread[8..]));
            ReadOnlySpan<byte> data = unread.Slice(12, length);
            Assert.Equal(Masked(data), BinaryPrimitives.ReadUInt32LittleEndian(unread[(12 + length)..]));
            events.Add(Event(data));
            unread = unread[(16 + length)..];
        }

        return events;
    }

    private static uint Masked(ReadOnlySpan<byte> data)
    {
        uint crc = Crc32C(data);
        return unchecked(((crc >> 15) | (crc << 17)) + 0xa282ead8u);
    }

    private static TensorBoardEvent Event(ReadOnlySpan<byte> data)
    {
        List<(int Number, byte[] Bytes)> fields = Fields(data);
        byte[]? One(int number) => fields.SingleOrDefault(f => f.Number == number).Bytes;
        List<(string, float)> scalars = [];
        if (One(5) is { } summary)
        {
            foreach ((int number, byte[]? value) in Fields(summary))
            {
                Assert.Equal(1, number);
                List<(int Number, byte[] Bytes)> parts = Fields(value);
                Assert.Equal([1, 2], parts.Select(p => p.Number));
                scalars.Add((Encoding.UTF8.GetString(parts[0].Bytes), BinaryPrimitives.ReadSingleLittleEndian(parts[1].Bytes)));
            }
        }

        double wallTime = BinaryPrimitives.ReadDoubleLittleEndian(One(1));
        long step = BinaryPrimitives.ReadInt64LittleEndian(One(2));
        string? version = One(3) is { } text ? Encoding.UTF8.GetString(text) : null;
        int? status = One(7) is { } log
            ? (int)BinaryPrimitives.ReadInt64LittleEndian(Fields(log).Single(f => f.Number == 1).Bytes)
            : null;
        return new TensorBoardEvent(wallTime, step, version, status, scalars);
    }

    // A varint is handed over as eight bytes.
    private static List<(int Number, byte[] Bytes)> Fields(ReadOnlySpan<byte> data)
    {
        var fields = new List<(int, byte[])>();
        while (data.Length > 0)
        {
            ulong key = Varint(ref data);
            int length = (key & 7) switch
            {
                0 => 0,
                1 => 8,
                2 => (int)Varint(ref data),
                5 => 4,
                _ => throw new InvalidDataException("wire type")
            };
            if ((key & 7) == 0)
            {
                fields.Add(((int)(key >> 3), BitConverter.GetBytes(Varint(ref data))));
                continue;
            }

            fields.Add(((int)(key >> 3), data[..length].ToArray()));
            data = data[length..];
        }

        return fields;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> data)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = data[0];
            data = data[1..];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return value;
        }
    }
}

public sealed class TensorBoardWriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-events-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Checksums_are_those_of_the_table()
    {
        Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));
        Assert.Equal(0xE3069283u, TensorBoardReader.Crc32C("123456789"u8));

        // RFC 3720, B.4: 32 bytes of zeros and of ones.
        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Of(Enumerable.Repeat((byte)0xFF, 32).ToArray()));
        var random = new Random(1);
        for (int length = 0; length < 70; length++)
        {
            byte[] data = new byte[length];
            random.NextBytes(data);
            Assert.Equal(TensorBoardReader.Crc32C(data), Crc32C.Of(data));
        }
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        string path;
        using (var writer = new TensorBoardWriter(_folder))
        {
            path = writer.Path;
            writer.WriteScalars(1, ("train/nll", 7.5), ("train/lr", 1e-3));
            writer.WriteScalars(long.MaxValue, ("größe", double.NaN), ("", double.PositiveInfinity));
            writer.WriteScalars(300);
            writer.Flush();
            Assert.Equal(4, TensorBoardReader.Read(path).Count);
            writer.WriteScalars(301, [.. Enumerable.Range(0, 1000).Select(i => ($"tag {i}", (double)i))]);
        }

        Assert.Matches(@"^events\.out\.tfevents\.\d{10}\.[A-Za-z0-9._-]+\.\d+$", Path.GetFileName(path));
        List<TensorBoardEvent> events = TensorBoardReader.Read(path);
        Assert.Equal("brain.Event:2", events[0].FileVersion);
        Assert.Equal([0, 1, long.MaxValue, 300, 301], events.Select(e => e.Step));
        Assert.Equal([("train/nll", 7.5f), ("train/lr", 1e-3f)], events[1].Scalars);
        Assert.Equal([("größe", float.NaN), ("", float.PositiveInfinity)], events[2].Scalars);
        Assert.Equal(1000, events[4].Scalars.Count);
        double now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        Assert.All(events, e => Assert.InRange(e.WallTime, now - 600, now + 1));
    }

    [Fact]
    public void A_run_that_goes_on_has_a_file_of_its_own_and_says_from_where()
    {
        using var first = new TensorBoardWriter(_folder, goesOnAfter: 0);
        using var second = new TensorBoardWriter(_folder, goesOnAfter: 20);
        Assert.NotEqual(first.Path, second.Path);
        Assert.Equal([(0, null), (1, 1)], TensorBoardReader.Read(first.Path).Select(e => (e.Step, e.SessionStatus)));

        // TensorBoard leaves out what earlier files hold from the step of a session's start (status 1) on.
        Assert.Equal([(0, null), (21, 1)], TensorBoardReader.Read(second.Path).Select(e => (e.Step, e.SessionStatus)));
    }
}
