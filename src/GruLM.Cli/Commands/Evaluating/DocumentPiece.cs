// A corpus in pieces that several processes score in turns.

using System.Runtime.ExceptionServices;
using GruLM.Corpus;

namespace GruLM.Cli.Commands;

/// <summary>Documents that follow each other.</summary>
/// <param name="First">The number of the first, counted from 0.</param>
/// <param name="Documents">The documents.</param>
internal sealed record DocumentPiece(long First, IReadOnlyList<CorpusDocument> Documents)
{
    // Enough that lanes fill well and nobody waits long for the slowest; few enough that memory stays small.
    private const int EnoughDocuments = 512, MostDocuments = 1 << 16;
    private const int EnoughText = 1 << 18, MostBytes = 1 << 24;

    /// <summary>Documents in pieces. The same documents make the same pieces everywhere; where one cannot be read, those before it come
    /// first.</summary>
    public static IEnumerable<DocumentPiece> Of(IEnumerable<CorpusDocument> documents)
    {
        using IEnumerator<CorpusDocument> source = documents.GetEnumerator();
        var piece = new List<CorpusDocument>();
        long first = 0, text = 0, bytes = 0;
        while (Moves(source, out ExceptionDispatchInfo? failure) || failure is not null)
        {
            if (failure is not null)
            {
                if (piece.Count > 0) yield return new DocumentPiece(first, piece);
                failure.Throw();
            }

            CorpusDocument document = source.Current;
            piece.Add(document);
            text += document.Utf8.Length;
            bytes += document.Utf8.Length + (document.Line.Equals(document.Utf8) ? 0 : document.Line.Length);
            if ((piece.Count < EnoughDocuments || text < EnoughText) && piece.Count < MostDocuments && bytes < MostBytes) continue;
            yield return new DocumentPiece(first, piece);
            first += piece.Count;
            (piece, text, bytes) = ([], 0, 0);
        }

        if (piece.Count > 0) yield return new DocumentPiece(first, piece);
    }

    private static bool Moves(IEnumerator<CorpusDocument> source, out ExceptionDispatchInfo? failure)
    {
        failure = null;
        try
        {
            return source.MoveNext();
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            failure = ExceptionDispatchInfo.Capture(error);
            return false;
        }
    }
}
