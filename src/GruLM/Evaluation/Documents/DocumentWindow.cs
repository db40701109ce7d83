// Documents that are scored together: enough of them that lanes fill well, few enough that memory stays small and figures come soon.

using GruLM.Corpus;
using GruLM.Model;

namespace GruLM;

/// <summary>Collects documents and scores them. Not thread-safe; it holds a scoring model of <paramref name="model"/>.</summary>
internal sealed class DocumentWindow(LanguageModel model) : IDisposable
{
    // It is full with so many tokens where it has so many documents, and with a lot more of them in any case.
    private const int EnoughTokens = 1 << 16, EnoughDocuments = 512;
    private const int MostTokens = 1 << 20, MostBytes = 1 << 24;

    private readonly IScoringModel _scorer = model.TakeScorer();
    private readonly DocumentEncoder _encoder = new(model.Tokenizer, model.Samples == SampleKind.Lines && model.Config.Opening);
    private readonly List<EncodedDocument> _documents = [];
    private DocumentLanes? _lanes;
    private long _tokens, _bytes, _scored;

    /// <summary>Whether no document is there.</summary>
    public bool IsEmpty => _documents.Count == 0;

    /// <summary>Whether it is time to score.</summary>
    public bool IsFull =>
        (_tokens >= EnoughTokens && _documents.Count >= EnoughDocuments) || _tokens >= MostTokens || _bytes >= MostBytes
        || _documents.Count >= EnoughTokens;

    /// <summary>Adds a document.</summary>
    public void Add(CorpusDocument document)
    {
        EncodedDocument encoded = _encoder.Encode(document);
        _documents.Add(encoded);
        _tokens += encoded.Steps;
        _bytes += document.Utf8.Length + (document.Line.Equals(document.Utf8) ? 0 : document.Line.Length);
    }

    /// <summary>Scores what is there; the window is empty afterwards.</summary>
    public DocumentScore[] Score(CancellationToken cancel)
    {
        _lanes ??= new DocumentLanes(model, _scorer);
        _lanes.Score(_documents, cancel);
        DocumentScore[] scores = [.. _documents.Select((document, i) => document.Figures(_scored + i))];
        _scored += scores.Length;
        _documents.Clear();
        (_tokens, _bytes) = (0, 0);
        return scores;
    }

    /// <inheritdoc/>
    public void Dispose() => model.ReturnScorer(_scorer);
}
