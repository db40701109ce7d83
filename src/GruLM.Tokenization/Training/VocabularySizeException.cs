// A vocabulary size that a text cannot have. It says which sizes it can have.

namespace GruLM.Tokenization;

/// <summary>The vocabulary that was asked for is too small for the special pieces and characters, or larger than the corpus supports.
/// Immutable, and so safe for several threads.</summary>
public sealed class VocabularySizeException : ArgumentException
{
    /// <summary>Creates the exception.</summary>
    public VocabularySizeException(string message, int? minimum, int? maximum)
        : base(message) => (Minimum, Maximum) = (minimum, maximum);

    /// <summary>Creates the exception.</summary>
    public VocabularySizeException()
    {
    }

    /// <summary>Creates the exception.</summary>
    public VocabularySizeException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    public VocabularySizeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The smallest size that would do, where that is known.</summary>
    public int? Minimum { get; }

    /// <summary>The largest size that would do, where that is known.</summary>
    public int? Maximum { get; }
}
