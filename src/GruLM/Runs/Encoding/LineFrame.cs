// What stands around samples that are lines: the id that is fed first and the one that is predicted last, or nothing at all for models of
// other programs whose lines stood alone in training.

using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>How lines are encoded. Immutable, and so safe for several threads.</summary>
/// <param name="Begin">The id fed first; −1: none.</param>
/// <param name="End">The id predicted last; −1: none.</param>
/// <param name="Mask">Leaves all but answers out; null: everything counts.</param>
internal sealed record LineFrame(int Begin, int End, AnswerMask? Mask)
{
    /// <summary>Whether lines stand alone: a line's first token is not predicted, so that one of a single token says nothing.</summary>
    public bool IsBare => Begin < 0;

    /// <summary>The frame that a tokenizer gives to lines, or none; with <paramref name="answersOnly"/> answers alone count. Throws
    /// <see cref="ArgumentException"/> when the tokenizer lacks a piece that is needed.</summary>
    public static LineFrame Of(Tokenizer tokenizer, bool isFramed, bool answersOnly)
    {
        AnswerMask? mask = answersOnly ? TokenizedText.AnswerMask(tokenizer) : null;
        return isFramed
            ? new LineFrame(TokenizedText.LineBegin(tokenizer), TokenizedText.LineEnd(tokenizer), mask)
            : new LineFrame(-1, -1, mask);
    }

    /// <summary>Samples to evaluate on, of at most about so many tokens (0: all).</summary>
    public HeldOutLines HeldOut(
        Tokenizer tokenizer, IEnumerable<ReadOnlyMemory<byte>> samples, long maxTokens, CancellationToken cancel) => IsBare
            ? TokenizedText.BareLines(tokenizer, samples, Mask, maxTokens, cancel)
            : TokenizedText.HeldOutLines(tokenizer, samples, Mask, maxTokens, cancel);
}
