// TensorBoard event files: figures against steps, as TensorBoard and all that reads its files know them. A file is a row of TFRecords
// (length as uint64, masked CRC-32C of it, data, masked CRC-32C of that, all little-endian), each holding one protobuf message Event;
// the few fields in use are encoded here by hand. Append-only: a run that goes on writes another file, and readers join them.
// Formats: tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto.
// Left out on purpose: everything but scalars.

using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace GruLM.Formats;

/// <summary>Writes an <c>events.out.tfevents.*</c> file. Not for several threads at once.</summary>
public sealed class TensorBoardWriter : IDisposable
{
    // Field numbers of Event, Summary, Summary.Value and SessionLog.
    private const int EventWallTime = 1, EventStep = 2, EventFileVersion = 3, EventSummary = 5, EventSessionLog = 7;
    private const int SummaryValue = 1, ValueTag = 1, ValueSimpleValue = 2, SessionStatus = 1;
    private const int SessionStart = 1;

    // Protobuf wire types.
    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    private readonly FileStream _file;
    private readonly TimeProvider _time;

    /// <summary>Creates <c>events.out.tfevents.&lt;unix seconds&gt;.&lt;host&gt;.&lt;process id&gt;</c> in <paramref name="folder"/>, which
    /// must exist. With <paramref name="goesOnAfter"/>, the run continues from that step: readers leave out what earlier files of the
    /// folder hold after it.</summary>
    /// <exception cref="IOException">The file cannot be created or written.</exception>
    public TensorBoardWriter(string folder, long? goesOnAfter = null, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _time = time ?? TimeProvider.System;
        _file = Create(folder, _time.GetUtcNow().ToUnixTimeSeconds());
        MemoryStream message = Event(0);
        Write(message, EventFileVersion, "brain.Event:2"u8);
        Append(message);
        if (goesOnAfter is { } step)
        {
            var log = new MemoryStream();
            Write(log, SessionStatus, (ulong)SessionStart);
            message = Event(step + 1);
            Write(message, EventSessionLog, log.ToArray());
            Append(message);
        }

        Flush();
    }

    /// <summary>Where the file is.</summary>
    public string Path => _file.Name;

    /// <summary>Appends the figures of a step as one record; see <see cref="Flush"/>.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void WriteScalars(long step, params ReadOnlySpan<(string Tag, double Value)> scalars)
    {
        var summary = new MemoryStream();
        foreach ((string tag, double number) in scalars)
        {
            var value = new MemoryStream();
            Write(value, ValueTag, Encoding.UTF8.GetBytes(tag));
            Write(value, ValueSimpleValue, (float)number);
            Write(summary, SummaryValue, value.ToArray());
        }

        MemoryStream message = Event(step);
        Write(message, EventSummary, summary.ToArray());
        Append(message);
    }

    /// <summary>Hands what was appended to the system, so that readers see it; with <paramref name="toDisk"/>, waits until the disk has
    /// it.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Flush(bool toDisk = false) => _file.Flush(toDisk);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>The checksum of TFRecords: CRC-32C, rotated and with a constant added, since the CRC of data that holds its own CRC says
    /// little.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> data)
    {
        uint crc = Crc32C.Of(data);
        return BitOperations.RotateRight(crc, 15) + 0xa282ead8u;
    }

    // Two runs of one process in one second must not share a file; what follows the process id is free.
    private static FileStream Create(string folder, long seconds)
    {
        string host = string.Concat(Environment.MachineName.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
        string name = string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{seconds:D10}.{host}.{Environment.ProcessId}");
        for (int number = 0; ; number++)
        {
            string path = System.IO.Path.Combine(folder, number == 0 ? name : $"{name}.{number}");
            try
            {
                return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
            }
            catch (IOException) when (File.Exists(path))
            {
            }
        }
    }

    private MemoryStream Event(long step)
    {
        var message = new MemoryStream();
        WriteKey(message, EventWallTime, Fixed64);
        Span<byte> wallTime = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(wallTime, _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
        message.Write(wallTime);
        Write(message, EventStep, (ulong)step);
        return message;
    }

    // In one write, so that a killed process leaves whole records wherever the system takes writes whole.
    private void Append(MemoryStream message)
    {
        int length = checked((int)message.Length);
        byte[] record = new byte[sizeof(ulong) + sizeof(uint) + length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedCrc(record.AsSpan(0, 8)));
        message.GetBuffer().AsSpan(0, length).CopyTo(record.AsSpan(12));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + length), MaskedCrc(record.AsSpan(12, length)));
        _file.Write(record);
    }

    private static void WriteKey(MemoryStream message, int field, int wireType) => WriteVarint(message, (ulong)((field << 3) | wireType));

    private static void Write(MemoryStream message, int field, ulong value)
    {
        WriteKey(message, field, Varint);
        WriteVarint(message, value);
    }

    private static void Write(MemoryStream message, int field, float value)
    {
        WriteKey(message, field, Fixed32);
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        message.Write(bytes);
    }

    private static void Write(MemoryStream message, int field, ReadOnlySpan<byte> value)
    {
        WriteKey(message, field, Bytes);
        WriteVarint(message, (ulong)value.Length);
        message.Write(value);
    }

    private static void WriteVarint(MemoryStream message, ulong value)
    {
        for (; value >= 0x80; value >>= 7) message.WriteByte((byte)(value | 0x80));
        message.WriteByte((byte)value);
    }
}
