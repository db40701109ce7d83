// One of several texts behind the same prompt.

namespace GruLM;

/// <summary>A text that was written. Immutable.</summary>
/// <param name="Text">The text, without the prompt.</param>
/// <param name="FinishReason">What ended it.</param>
/// <param name="Tokens">Its tokens, without one that ended it.</param>
public sealed record Completion(string Text, FinishReason FinishReason, int Tokens)
{
    /// <summary>The choices made for it, token by token; empty unless <see cref="GenerationOptions.LogProbs"/> asks for them, and where the
    /// text was searched for.</summary>
    public IReadOnlyList<TokenChoice> Choices { get; init; } = [];

    /// <summary>The natural logarithm of the text's probability, where it was searched for; otherwise null.</summary>
    public double? LogProb { get; init; }
}
