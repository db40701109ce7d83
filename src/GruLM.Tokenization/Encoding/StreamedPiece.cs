// One piece of a text that is encoded part by part, with its place in the whole of it.

namespace GruLM.Tokenization;

/// <summary>A piece of a text that came in parts. Immutable, and so safe for several threads.</summary>
/// <param name="Id">The piece's number.</param>
/// <param name="Text">The piece as the text spells it, normalised; for unknown text that text itself.</param>
/// <param name="Begin">Where its surface begins, in UTF-8 bytes from the start of the text.</param>
/// <param name="End">Where its surface ends, exclusive.</param>
public readonly record struct StreamedPiece(int Id, string Text, long Begin, long End);
