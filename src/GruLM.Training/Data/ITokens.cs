// The token ids of a text, wherever they lie: in memory, or in a file that is mapped into it (TokenFile.cs).

namespace GruLM.Training;

/// <summary>The ids of a text in order. Safe for several threads that read.</summary>
public interface ITokens
{
    /// <summary>How many there are.</summary>
    long Count { get; }

    /// <summary>Copies ids from position <paramref name="start"/> on.</summary>
    void CopyTo(long start, Span<int> destination);
}
