// One token of a text with its log-probability.

namespace GruLM;

/// <summary>A token of a text and how likely it was, given all that stood before it. Immutable.</summary>
/// <param name="Id">The token.</param>
/// <param name="Piece">Its piece as the text spells it; U+2581 stands for a space.</param>
/// <param name="LogProb">Its natural log-probability; null for the first token, which nothing precedes.</param>
/// <param name="End">Where it ends, in UTF-8 bytes from the start of the cleaned text.</param>
public readonly record struct ScoredToken(int Id, string Piece, float? LogProb, long End);
