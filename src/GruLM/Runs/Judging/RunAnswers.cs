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

    /// <summary>Questions from all over both texts, framed or not (<see cref="GruConfig.Opening"/>); null where nothing of the first has an
    /// answer.</summary>
    public static RunAnswers? Of(TrainingTexts texts, Tokenizer tokenizer, bool isFramed, CancellationToken cancel) =>
        Questions(texts.Training, tokenizer, isFramed, cancel) is { } learned
            ? new RunAnswers(learned, Questions(texts.HeldOut, tokenizer, isFramed, cancel))
            : null;

    /// <summary>Questions from all over a text; null where the tokenizer has no piece that begins an answer, or no sample has
    /// one.</summary>
    public static HeldOutLines? Questions(CorpusText text, Tokenizer tokenizer, bool isFramed, CancellationToken cancel)
    {
        if (!tokenizer.TryGetId(ChatTemplate.Default.Ai, out int ai) || ai == tokenizer.UnkId) return null;
        int every = Math.Max(1, (text.Samples().Count() + MostQuestions - 1) / MostQuestions);
        IEnumerable<ReadOnlyMemory<byte>> some = text.Samples().Where((_, i) => i % every == 0);
        HeldOutLines lines = LineFrame.Of(tokenizer, isFramed, answersOnly: true).HeldOut(tokenizer, some, 0, cancel);
        return lines.Lines.Count == 0 ? null : lines;
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
