// One piece of a vocabulary: text, score and type.

namespace GruLM.Tokenization;

/// <summary>A vocabulary entry. Immutable, and so safe for several threads.</summary>
/// <param name="Text">The piece; U+2581 stands for a space.</param>
/// <param name="Score">A log-probability in a unigram model, minus the merge's rank in a BPE model.</param>
/// <param name="Type">What the piece is.</param>
public readonly record struct Piece(string Text, float Score, PieceType Type);
