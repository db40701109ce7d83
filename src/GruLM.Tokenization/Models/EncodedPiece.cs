// One piece of an encoded text, with its place in the text.

namespace GruLM.Tokenization;

/// <summary>A piece of an encoded text. Immutable, and so safe for several threads.</summary>
/// <param name="Id">The piece's number.</param>
/// <param name="Text">The piece as the text spells it, normalised; for unknown text that text itself.</param>
/// <param name="Begin">Where its surface begins in the input, in the unit that was asked for (UTF-8 bytes by default).</param>
/// <param name="End">Where its surface ends, exclusive. Pieces inside one expanded character are empty; the last one takes the
/// surface.</param>
public readonly record struct EncodedPiece(int Id, string Text, int Begin, int End);
