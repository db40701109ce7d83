// How many answers a model gets wholly right: what people ask of a bot. The share of right tokens says less, since most tokens of an answer
// repeat the question or are the same in all answers.

using GruLM.Model;

namespace GruLM.Training;

/// <summary>Counts right answers.</summary>
public static class AnswersRight
{
    private const int Window = 256;

    /// <summary>Answers of which every token, up to the end of the line, is the likeliest one after those before it: what the model writes
    /// at temperature 0 is the answer, word for word. A model is asked by one thread at a time.</summary>
    /// <exception cref="ArgumentException">The lines have no <see cref="HeldOutLines.Mask"/>.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static AnswerCount Count(IScoringModel model, HeldOutLines lines, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(lines);
        if (lines.Mask is null) throw new ArgumentException("lines without a mask have no answers", nameof(lines));
        var frame = new LineSamples.Frame(lines.Bos, lines.End, lines.Mask);
        int right = 0;
        foreach (int[] line in lines.Lines)
        {
            var sums = default(LossSums);
            for (int offset = 0; offset <= line.Length; offset += Window)
            {
                cancel.ThrowIfCancellationRequested();
                var batch = new TokenBatch(Math.Min(Window, line.Length + 1 - offset), 1) { StartsFresh = offset == 0 };
                LineSamples.FillBatch(batch, [line], offset, frame);

                // Of several processes one alone counts answers.
                sums += model.Score(batch, default);
            }

            if (sums.Tokens > 0 && sums.Correct == sums.Tokens) right++;
        }

        return new AnswerCount(right, lines.Lines.Count);
    }
}
