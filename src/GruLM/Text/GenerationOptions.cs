// What generating a text can be told: how long it may get, where it ends, how tokens are chosen.

using GruLM.Generation;

namespace GruLM;

/// <summary>How a text is generated.</summary>
public sealed record GenerationOptions
{
    /// <summary>Sampling settings; null takes the model's own.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>Tokens generated at most.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Strings that end the text; they are not part of it.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Goes on where the model would end the text.</summary>
    public bool IgnoreEos { get; init; }
}
