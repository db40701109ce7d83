// Text to evaluate on, as tokens, with what its figures need to know of bytes.

namespace GruLM.Training;

/// <summary>Text to evaluate on, as tokens, with what its figures need to know of bytes.</summary>
public abstract record HeldOut
{
    /// <summary>Tokens that are predicted when all of it is read.</summary>
    public abstract long Tokens { get; }
}
