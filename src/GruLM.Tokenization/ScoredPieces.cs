// One of several ways to cut a text into pieces, with its score.

namespace GruLM.Tokenization;

/// <summary>One way to cut a text and its score. Immutable, and so safe for several threads.</summary>
/// <param name="Pieces">The pieces, with places in UTF-8 bytes.</param>
/// <param name="Score">A log-probability; for draws without replacement the log of the chance to be among them.</param>
public sealed record ScoredPieces(IReadOnlyList<EncodedPiece> Pieces, float Score)
{
    /// <summary>The ids.</summary>
    public int[] Ids => [.. Pieces.Select(p => p.Id)];
}
