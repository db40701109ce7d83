// How much became how much.

namespace GruLM;

/// <summary>Sizes of content and of its compressed form. Immutable.</summary>
/// <param name="ContentBytes">Bytes of the content.</param>
/// <param name="CompressedBytes">Bytes of the compressed form, all of them.</param>
public readonly record struct CompressionFigures(long ContentBytes, long CompressedBytes);
