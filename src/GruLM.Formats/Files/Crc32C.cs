// CRC-32C (Castagnoli), by the processor's own instruction where it has one: tells damage by chance, not by intention.

using System.Buffers.Binary;
using System.Numerics;

namespace GruLM.Formats;

/// <summary>Checksums of bytes. Thread-safe: it has no state.</summary>
public static class Crc32C
{
    /// <summary>The checksum of <paramref name="data"/>.</summary>
    public static uint Of(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        for (; data.Length >= sizeof(ulong); data = data[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
        }

        foreach (byte b in data) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
