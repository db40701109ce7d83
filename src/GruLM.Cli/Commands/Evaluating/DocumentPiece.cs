// A corpus in pieces that several processes score in turns.

using GruLM.Corpus;

namespace GruLM.Cli.Commands;

/// <summary>Documents that follow each other.</summary>
/// <param name="First">The number of the first, counted from 0.</param>
/// <param name="Documents">The documents.</param>
internal sealed record DocumentPiece(long First, IReadOnlyList<CorpusDocument> Documents)
{
    // Enough that lanes fill well and nobody waits long for the slowest; few enough that memory stays small.
    private const int EnoughDocuments = 512, MostDocuments = 1 << 16;
    private const int EnoughBytes = 1 << 18, MostBytes = 1 << 24;

    /// <summary>Documents in pieces. The same documents make the same pieces everywhere.</summary>
    public static IEnumerable<DocumentPiece> Of(IEnumerable<CorpusDocument> documents)
    {
        var piece = new List<CorpusDocument>();
        long first = 0, bytes = 0;
        foreach (CorpusDocument document in documents)
        {
            piece.Add(document);
            bytes += document.Utf8.Length;
            if ((piece.Count < EnoughDocuments || bytes < EnoughBytes) && piece.Count < MostDocuments && bytes < MostBytes) continue;
            yield return new DocumentPiece(first, piece);
            first += piece.Count;
            (piece, bytes) = ([], 0);
        }

        if (piece.Count > 0) yield return new DocumentPiece(first, piece);
    }
}
