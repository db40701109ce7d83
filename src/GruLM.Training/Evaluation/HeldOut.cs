// Text to evaluate on: one stream (HeldOutStream.cs) or lines (HeldOutLines.cs).

namespace GruLM.Training;

/// <summary>Text to evaluate on: its tokens, and their lengths in bytes, which bits per byte need. Immutable, and so safe for several
/// threads.</summary>
public abstract record HeldOut
{
    /// <summary>Tokens that are predicted when all of it is read.</summary>
    public abstract long Tokens { get; }
}
