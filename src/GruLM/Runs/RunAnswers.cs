// The questions that a run of exchanges is asked at its end: some that it learned from and some that it did not.

using GruLM.Corpus;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>Asks a model. Used by one thread at a time.</summary>
internal sealed class RunAnswers
{
    private const int MostQuestions = 250;

    // The last model is kept when it answers so much more of what it learned, and this share of it at least.
    private const double Plainly = 0.05;
    private const double KnownByHeart = 0.5;

    private readonly HeldOutLines _learned;
    private readonly HeldOutLines? _heldOut;

    private RunAnswers(HeldOutLines learned, HeldOutLines? heldOut) => (_learned, _heldOut) = (learned, heldOut);

    /// <summary>Questions from all over both texts; null where a tokenizer has no piece that begins an answer, or nothing has
    /// one.</summary>
    public static RunAnswers? Of(TrainingTexts texts, Tokenizer tokenizer, CancellationToken cancel)
    {
        if (!tokenizer.TryGetId(ChatTemplate.Default.Ai, out int ai) || ai == tokenizer.UnkId) return null;
        AnswerMask mask = TokenizedText.AnswerMask(tokenizer);
        HeldOutLines learned = Questions(texts.Training), heldOut = Questions(texts.HeldOut);
        return learned.Lines.Count == 0 ? null : new RunAnswers(learned, heldOut.Lines.Count == 0 ? null : heldOut);

        HeldOutLines Questions(CorpusText text)
        {
            int every = Math.Max(1, (text.Samples().Count() + MostQuestions - 1) / MostQuestions);
            return TokenizedText.HeldOutLines(tokenizer, text.Samples().Where((_, i) => i % every == 0), mask, 0, cancel);
        }
    }

    /// <summary>How many a model answers rightly.</summary>
    public AnswerFigures Count(ITrainableModel model, CancellationToken cancel) => new(
        AnswersRight.Count(model, _learned, cancel), _heldOut is null ? null : AnswersRight.Count(model, _heldOut, cancel));

    /// <summary>Whether the last model is worth more than the one with the best held-out figure.</summary>
    public static bool IsLastBetter(AnswerFigures best, AnswerFigures last) =>
        last.Learned.Share >= KnownByHeart
        && last.Learned.Share >= best.Learned.Share + Plainly
        && !(last.HeldOut?.Right < best.HeldOut?.Right);
}
