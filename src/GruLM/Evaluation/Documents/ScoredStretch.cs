// The part of a document that its model finds oddest.

namespace GruLM;

/// <summary>Consecutive tokens of a document. Immutable.</summary>
/// <param name="Offset">Where their text begins, in UTF-8 bytes from the start of the document.</param>
/// <param name="Bytes">UTF-8 bytes of their text; the end of a line counts one.</param>
/// <param name="BitsPerByte">Their log-probability in bits, negated, divided by the bytes.</param>
public readonly record struct ScoredStretch(long Offset, long Bytes, double BitsPerByte);
