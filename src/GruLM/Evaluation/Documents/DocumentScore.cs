// The figures of one document among many. They are those that evaluation gives of the document alone (docs/scoring.md).

using GruLM.Corpus;

namespace GruLM;

/// <summary>How likely a model finds a document. Immutable as long as nobody changes the document's bytes.</summary>
public sealed record DocumentScore
{
    /// <summary>Tokens of a <see cref="Worst"/> stretch where the document has so many.</summary>
    public const int StretchTokens = 32;

    /// <summary>The document's number, counted from 0 in the order they were given.</summary>
    public required long Index { get; init; }

    /// <summary>The document.</summary>
    public required CorpusDocument Document { get; init; }

    /// <summary>Tokens that were predicted; 0 where there is nothing to predict: in a blank document, and for a model of streams in one
    /// of a single token.</summary>
    public required long Tokens { get; init; }

    /// <summary>UTF-8 bytes that were predicted; the end of a line counts one.</summary>
    public required long Bytes { get; init; }

    /// <summary>Total negative log-likelihood in nats.</summary>
    public required double Nll { get; init; }

    /// <summary>Nll / ln 2 / bytes; null where nothing was predicted.</summary>
    public double? BitsPerByte { get; init; }

    /// <summary>Of all <see cref="StretchTokens"/> consecutive predicted tokens those with the most bits a byte, the first of equals; all
    /// of them in a shorter document; null where nothing was predicted.</summary>
    public ScoredStretch? Worst { get; init; }
}
