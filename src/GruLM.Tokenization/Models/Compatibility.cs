// Which release of SentencePiece is followed where its releases differ.

namespace GruLM.Tokenization;

/// <summary>Which release of the reference training follows, where releases differ.</summary>
public enum Compatibility
{
    /// <summary>0.1.97 and before.</summary>
    V01,
    /// <summary>The current one, 0.2.</summary>
    V02,
}
