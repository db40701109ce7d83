// Numbers of the format of compressed files, which docs/compression.md describes.

namespace GruLM.Compression;

/// <summary>Sizes and places in a compressed file.</summary>
internal static class CompressedFormat
{
    /// <summary>The version that is written, and the only one that is read.</summary>
    public const byte Version = 1;

    /// <summary>In the options: the content is learned from.</summary>
    public const byte Learns = 1;

    /// <summary>The most bytes of content in a frame.</summary>
    public const int MostContent = 1 << 20;

    /// <summary>No code has more bytes for each byte of content.</summary>
    public const int MostCodeOfByte = 8;

    /// <summary>Where things stand in the header, and its length.</summary>
    public const int VersionAt = 4, OptionsAt = 5, WeightsAt = 6, PiecesAt = 14, HeaderCheckAt = 18, HeaderBytes = 22;

    /// <summary>Bytes of the checksum of a frame.</summary>
    public const int FrameCheckBytes = 4;

    /// <summary>Bytes of the checksum of the content.</summary>
    public const int ContentCheckBytes = 8;

    /// <summary>What files begin with; the last byte ends a text where one is shown.</summary>
    public static ReadOnlySpan<byte> Magic => "GRZ\u001A"u8;
}
