// TensorBoard event files: figures against steps, as TensorBoard and all that reads its files know them. A file is a row of TFRecords
// (length as uint64, masked CRC-32C of it, data, masked CRC-32C of that, all little-endian), each holding one protobuf message Event
// (events.proto). Append-only: a run that goes on writes another file, and readers join them.
// Format: tensorflow/core/lib/io/record_writer.h. Left out on purpose: everything but scalars.

using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Google.Protobuf;
using GruLM.Formats.Proto;

namespace GruLM.Formats;

/// <summary>Writes an <c>events.out.tfevents.*</c> file. Not for several threads at once.</summary>
public sealed class TensorBoardWriter : IDisposable
{
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
        Event message = NewEvent(0);
        message.FileVersion = "brain.Event:2";
        Append(message);
        if (goesOnAfter is { } step)
        {
            message = NewEvent(step + 1);
            message.SessionLog = new SessionLog { Status = SessionLog.Types.SessionStatus.Start };
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
        Event message = NewEvent(step);
        message.Summary = new Summary();
        foreach ((string tag, double number) in scalars)
        {
            message.Summary.Value.Add(new Summary.Types.Value { Tag = tag, SimpleValue = (float)number });
        }

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

    private Event NewEvent(long step) => new() { WallTime = _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0, Step = step };

    // In one write, so that a killed process leaves whole records wherever the system takes writes whole.
    private void Append(Event message)
    {
        int length = message.CalculateSize();
        byte[] record = new byte[sizeof(ulong) + sizeof(uint) + length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedCrc(record.AsSpan(0, 8)));
        message.WriteTo(record.AsSpan(12, length));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + length), MaskedCrc(record.AsSpan(12, length)));
        _file.Write(record);
    }
}
