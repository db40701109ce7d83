// One of the texts that beam search has found.

namespace GruLM.Generation;

/// <summary>A text and how likely it is. Immutable.</summary>
/// <param name="Ids">Its tokens, without one that ended it.</param>
/// <param name="LogProb">The natural logarithm of its probability, with that of the token that ended it.</param>
/// <param name="HasEnded">Whether a token ended it; otherwise it got as long as it may.</param>
public sealed record Beam(IReadOnlyList<int> Ids, float LogProb, bool HasEnded);
