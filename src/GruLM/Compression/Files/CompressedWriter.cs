// Writes a compressed file: a header, frames, and an end with the content's length and checksum. docs/compression.md has the format, byte
// by byte.

using System.Buffers;
using System.Buffers.Binary;
using GruLM.Formats;

namespace GruLM.Compression;

/// <summary>Writes to <paramref name="output"/>, which stays the caller's. Not thread-safe.</summary>
internal sealed class CompressedWriter(Stream output)
{
    private readonly ArrayBufferWriter<byte> _part = new();

    /// <summary>Bytes written so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Writes the beginning.</summary>
    public void Begin(CompressedModel model, bool learns)
    {
        byte[] header = new byte[CompressedFormat.HeaderBytes];
        CompressedFormat.Magic.CopyTo(header);
        header[CompressedFormat.VersionAt] = CompressedFormat.Version;
        header[CompressedFormat.OptionsAt] = learns ? CompressedFormat.Learns : (byte)0;
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(CompressedFormat.WeightsAt), model.Weights);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(CompressedFormat.PiecesAt), model.Pieces);
        uint check = Crc32C.Of(header.AsSpan(0, CompressedFormat.HeaderCheckAt));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(CompressedFormat.HeaderCheckAt), check);
        Write(header);
    }

    /// <summary>Writes a frame.</summary>
    public void Frame(int contentBytes, LaneShares shares, ReadOnlySpan<byte> code)
    {
        _part.ResetWrittenCount();
        Number((ulong)contentBytes);
        Number((ulong)shares.Elements);
        Number((ulong)shares.Lanes);
        Number((ulong)code.Length);
        _part.Write(code);
        Span<byte> check = stackalloc byte[CompressedFormat.FrameCheckBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(check, Crc32C.Of(_part.WrittenSpan));
        _part.Write(check);
        Write(_part.WrittenSpan);
    }

    /// <summary>Writes the end.</summary>
    public void End(long contentBytes, ReadOnlySpan<byte> hash)
    {
        _part.ResetWrittenCount();
        Number(0);
        Number((ulong)contentBytes);
        _part.Write(hash[..CompressedFormat.ContentCheckBytes]);
        Write(_part.WrittenSpan);
    }

    // Seven bits a byte, the lowest first; the highest bit says that more follow.
    private void Number(ulong number)
    {
        for (; number >= 0x80; number >>= 7) _part.Write([(byte)(number | 0x80)]);
        _part.Write([(byte)number]);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        Bytes += bytes.Length;
    }
}
