// Held-out figures, by the definitions that docs/evaluation.md gives: as one stream with the state carried, in windows with a fresh
// state each, or line by line. Dropout is off. Evaluation that learns on the way is in DynamicEvaluation.cs.

using GruLM.Model;

namespace GruLM.Training;

/// <summary>Evaluates a model on held-out text. A model is evaluated by one thread at a time; every method throws
/// <see cref="OperationCanceledException"/> when it is cancelled, and <see cref="InvalidDataException"/> when the text has no token to
/// predict or a score is not finite. <c>progress</c> is told how many tokens have been predicted.</summary>
public static class Evaluation
{
    private const int Window = 256;
    private const int QuickLanes = 16;
    private const int LineLanes = 32;
    private const int WindowLanes = 32;

    /// <summary>The text as one stream with the state carried from beginning to end; every token but the first is predicted.</summary>
    public static EvaluationResult Stream(IScoringModel model, HeldOutStream text, Action<long>? progress = null,
        CancellationToken cancel = default)
    {
        Require(text);
        return StreamLanes(model, text, (1, 0), progress, cancel);
    }

    /// <summary>Nearly the figure of <see cref="Stream"/>, many times faster, for use while training: the text is cut into lanes read side
    /// by side, and each lane first reads the end of the one before it, unscored, so that its state is warm. At most
    /// <paramref name="maxTokens"/> from the start (0: all).</summary>
    public static EvaluationResult QuickStream(IScoringModel model, HeldOutStream text, long maxTokens = 0,
        CancellationToken cancel = default)
    {
        Require(text);
        if (maxTokens > 0 && maxTokens < text.Tokens)
        {
            int keep = (int)maxTokens + 1;
            text = new HeldOutStream(text.Ids[..keep], text.ByteEnds[..keep]);
        }

        // Short texts are not worth cutting.
        int lanes = (int)Math.Clamp(text.Tokens / (4 * Window), 1, QuickLanes);
        return StreamLanes(model, text, (lanes, lanes == 1 ? 0 : Window), null, cancel);
    }

    /// <summary>Inputs [kN, kN + N), each predicting its successor, from a zero state at each window's start: only the text's first token
    /// goes unscored.</summary>
    public static EvaluationResult Windows(IScoringModel model, HeldOutStream text, int size, Action<long>? progress = null,
        CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        Require(text);
        ReadOnlySpan<int> ids = text.Ids.Span;
        int predicted = ids.Length - 1, windows = (int)(((long)predicted + size - 1) / size);
        size = Math.Min(size, predicted);
        int lanes = Math.Min(windows, WindowLanes);
        var sums = default(LossSums);
        for (int first = 0; first < windows; first += lanes)
        {
            // Long windows are read in parts, so that memory does not grow with them.
            for (int offset = 0; offset < size; offset += Window)
            {
                StopIfTold(model, cancel);
                var batch = new TokenBatch(Math.Min(Window, size - offset), lanes) { StartsFresh = offset == 0 };
                for (int b = 0; b < lanes; b++) FillLane(batch, b, ids, ((long)(first + b) * size) + offset, unscored: 0);
                sums += Sums(model, batch);
                progress?.Invoke(sums.Tokens);
            }
        }

        return new EvaluationResult(sums, BytesAfterFirst(text));
    }

    /// <summary>Line by line from a zero state, bos fed, every id and the end piece predicted; the end piece counts one byte.
    /// At most about <paramref name="maxTokens"/>, of lines from all over the text (0: all).</summary>
    public static EvaluationResult Lines(IScoringModel model, HeldOutLines text, long maxTokens = 0, Action<long>? progress = null,
        CancellationToken cancel = default)
    {
        if (text.Lines.Count == 0) throw new InvalidDataException("the held-out part has no line with text");

        // Lines of similar length are read together. The sums depend on the order by rounding alone, and the order is fixed.
        int[] order = Some(text, maxTokens).OrderBy(i => text.Lines[i].Length).ThenBy(i => i).ToArray();
        var frame = new LineSamples.Frame(text.Bos, text.End, text.Mask);
        var sums = default(LossSums);
        foreach (int[] members in order.Chunk(LineLanes))
        {
            int longest = text.Lines[members[^1]].Length + 1;
            int[][] lines = [.. members.Select(i => text.Lines[i])];
            for (int offset = 0; offset < longest; offset += Window)
            {
                StopIfTold(model, cancel);
                var batch = new TokenBatch(Math.Min(Window, longest - offset), members.Length) { StartsFresh = offset == 0 };
                LineSamples.FillBatch(batch, lines, offset, frame);
                sums += Sums(model, batch);
            }

            progress?.Invoke(sums.Tokens);
        }

        return new EvaluationResult(sums, order.Sum(text.PredictedBytes));
    }

    // The lines that hold about so many tokens, equally far apart, since a list may be sorted.
    private static IEnumerable<int> Some(HeldOutLines text, long maxTokens)
    {
        long all = text.Lines.Sum(line => line.Length + 1L);
        if (maxTokens == 0 || maxTokens >= all) return Enumerable.Range(0, text.Lines.Count);
        int count = (int)Math.Max(1, Math.Ceiling((double)maxTokens / all * text.Lines.Count));
        return Enumerable.Range(0, count).Select(i => (int)((long)i * text.Lines.Count / count));
    }

    /// <summary>The figure used while training: <see cref="QuickStream"/> or <see cref="Lines"/>.</summary>
    public static EvaluationResult Quick(IScoringModel model, HeldOut text, long maxTokens = 0, CancellationToken cancel = default) =>
        text switch
        {
            HeldOutStream stream => QuickStream(model, stream, maxTokens, cancel),
            HeldOutLines lines => Lines(model, lines, maxTokens, null, cancel),
            _ => throw new ArgumentException($"cannot evaluate on {text.GetType().Name}"),
        };

    /// <summary>The sums of a batch.</summary>
    /// <exception cref="InvalidDataException">They are not finite.</exception>
    internal static LossSums Sums(IScoringModel model, TokenBatch batch)
    {
        LossSums sums = model.Evaluate(batch);
        return double.IsFinite(sums.Nll) ? sums : throw FiniteNumbers.Scores();
    }

    // Several processes that evaluate together end together.
    internal static void StopIfTold(IScoringModel model, CancellationToken cancel)
    {
        if (model.Ranks.Stopped(cancel)) throw new OperationCanceledException(cancel);
    }

    internal static void Require(HeldOutStream text)
    {
        if (text.Ids.Length < 2)
        {
            throw new InvalidDataException(
                $"the held-out text has {text.Ids.Length} token(s); at least 2 are needed, one to read and one to predict");
        }
    }

    internal static long BytesAfterFirst(HeldOutStream text) => text.ByteEnds.Span[^1] - text.ByteEnds.Span[0];

    // Lane b reads inputs [b·share, (b + 1)·share + warmUp). It scores all but the first warmUp of them, which the lane before
    // it scores; the first lane, whose state starts where the text does, scores those too.
    private static EvaluationResult StreamLanes(
        IScoringModel model, HeldOutStream text, (int Count, int WarmUp) lanes, Action<long>? progress, CancellationToken cancel)
    {
        ReadOnlySpan<int> ids = text.Ids.Span;
        (int count, int warmUp) = lanes;
        long share = (ids.Length - 1 - warmUp + count - 1) / count, laneLength = share + warmUp;
        var sums = default(LossSums);
        for (long offset = 0; offset < laneLength; offset += Window)
        {
            StopIfTold(model, cancel);
            var batch = new TokenBatch((int)Math.Min(Window, laneLength - offset), count) { StartsFresh = offset == 0 };
            for (int b = 0; b < count; b++) FillLane(batch, b, ids, (b * share) + offset, unscored: b == 0 ? 0 : warmUp - offset);
            sums += Sums(model, batch);
            progress?.Invoke(sums.Tokens);
        }

        return new EvaluationResult(sums, BytesAfterFirst(text));
    }

    // Fills a lane with the text from a position on, each token predicting the next one. The targets of the first so many steps, which
    // are not to be scored, and those beyond the end of the text are ignored.
    private static void FillLane(TokenBatch batch, int lane, ReadOnlySpan<int> ids, long start, long unscored)
    {
        int predicted = ids.Length - 1;
        for (int t = 0; t < batch.Steps; t++)
        {
            int at = (t * batch.Lanes) + lane;
            bool inside = start + t < predicted, scored = inside && t >= unscored;
            batch.Inputs[at] = inside ? ids[(int)(start + t)] : 0;
            batch.Targets[at] = scored ? ids[(int)(start + t) + 1] : TokenBatch.Ignored;
        }
    }
}
