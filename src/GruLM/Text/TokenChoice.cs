// A token that was written, and what else could have been.

using GruLM.Generation;

namespace GruLM;

/// <summary>A choice of the model's. Immutable.</summary>
/// <param name="Id">The token that was chosen.</param>
/// <param name="LogProb">The natural logarithm of its probability, as the model sees it: before sampling settings change anything.</param>
/// <param name="Best">The likeliest tokens, the likeliest first.</param>
public sealed record TokenChoice(int Id, float LogProb, IReadOnlyList<TokenLogProb> Best)
{
    /// <summary>The choice of <paramref name="id"/> by these scores, with so many of the likeliest tokens.</summary>
    internal static TokenChoice Of(LogProbs logProbs, ReadOnlySpan<float> logits, int id, int best)
    {
        var likeliest = new TokenLogProb[Math.Min(best, logits.Length)];
        return new TokenChoice(id, logProbs.Of(logits, id, likeliest), likeliest);
    }
}
