// From a document's text to what its model reads: of models of lines the piece that begins a line, the tokens and the piece that ends it,
// as Evaluation.Lines has it; of models of streams the tokens alone, as Evaluation.Stream has it.

using GruLM.Corpus;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>Encodes documents. Not thread-safe.</summary>
internal sealed class DocumentEncoder(Tokenizer tokenizer, bool isFramed)
{
    // A longer text is encoded part by part, so that its pieces never lie in memory all at once.
    private const int PartBytes = 1 << 16;

    private readonly List<StreamedPiece> _pieces = [];
    private readonly List<int> _ids = [], _ends = [];
    private StreamingEncoder? _encoder;

    /// <summary>Encodes a document. A blank one has no tokens.</summary>
    public EncodedDocument Encode(CorpusDocument document)
    {
        ReadOnlySpan<byte> text = document.Utf8.Span;
        if (TextSplit.IsBlank(text)) return new EncodedDocument(document, [], []);
        _ids.Clear();
        _ends.Clear();
        if (isFramed) Add(TokenizedText.LineBegin(tokenizer), 0);
        if (text.Length <= PartBytes)
        {
            foreach (EncodedPiece piece in tokenizer.EncodePieces(text)) Add(piece.Id, piece.End);
        }
        else
        {
            AddInParts(text);
        }

        if (isFramed) Add(TokenizedText.LineEnd(tokenizer), text.Length + 1);
        return new EncodedDocument(document, [.. _ids], [.. _ends]);
    }

    private void AddInParts(ReadOnlySpan<byte> text)
    {
        _encoder ??= tokenizer.CreateStreamingEncoder();
        for (int at = 0; at < text.Length; at += PartBytes)
        {
            _encoder.Push(text.Slice(at, Math.Min(PartBytes, text.Length - at)), _pieces);
            AddPieces();
        }

        _encoder.Flush(_pieces);
        AddPieces();
    }

    private void AddPieces()
    {
        foreach (StreamedPiece piece in _pieces) Add(piece.Id, checked((int)piece.End));
        _pieces.Clear();
    }

    private void Add(int id, int end)
    {
        _ids.Add(id);
        _ends.Add(end);
    }
}
