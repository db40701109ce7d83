// A token and how likely it is: what lists of alternatives are made of.

namespace GruLM.Generation;

/// <summary>A token with the natural logarithm of its probability. Immutable.</summary>
/// <param name="Id">The token.</param>
/// <param name="LogProb">ln p, in nats: 0 is certain, −∞ impossible.</param>
public readonly record struct TokenLogProb(int Id, float LogProb);
