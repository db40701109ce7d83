// A frame of a compressed file.

namespace GruLM.Compression;

/// <summary>A stretch of content as a code. Immutable.</summary>
/// <param name="ContentBytes">Bytes of the content.</param>
/// <param name="Shares">Its elements and their lanes.</param>
/// <param name="Code">The code.</param>
internal sealed record CompressedFrame(int ContentBytes, LaneShares Shares, ReadOnlyMemory<byte> Code);
