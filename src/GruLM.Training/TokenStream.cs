// A text as one stream of tokens, cut into B contiguous lanes that are read side by side, T tokens at a time;
// the model's state carries from each window to the next. T may vary from window to window (WindowLengths.cs). The end of a lane is a shorter
// window, so no token is lost except the remainder of the division into lanes. Now and then a lane starts a window from a zero state: a model that never
// saw one in the middle of a text would stumble over the first words of every prompt.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Training;

/// <summary>Stream samples: lane b reads tokens [b·n, (b + 1)·n] with n = (tokens − 1) / B.</summary>
public sealed class TokenStream : ITrainingData
{
    // A lane shorter than this would hardly carry any state.
    private const int ShortestLane = 16;

    private readonly ITokens tokens;
    private readonly int[] window;
    private readonly Philox random;
    private readonly WindowLengths lengths;
    private readonly int freshEvery;
    private readonly long laneLength;
    private readonly Dictionary<int, TokenBatch> batchOfSteps = [];
    private int plannedEpoch = -1;
    private List<long> ends = [];

    /// <summary>Cuts <paramref name="tokens"/> into at most <paramref name="lanes"/> lanes (fewer for a short text), read <paramref name="steps"/> tokens at a time,
    /// or about so many with <paramref name="randomSteps"/>; one window in <paramref name="freshEvery"/> starts its lane from zero (0: none). <paramref name="seed"/> decides these
    /// lengths and which lanes start afresh.
    /// Throws <see cref="InvalidDataException"/> for fewer than two tokens.</summary>
    public TokenStream(ReadOnlyMemory<int> tokens, int lanes, int steps, ulong seed, bool randomSteps = false, int freshEvery = 32)
        : this(new TokensInMemory(tokens), lanes, steps, seed, randomSteps, freshEvery)
    {
    }

    /// <inheritdoc cref="TokenStream(ReadOnlyMemory{int}, int, int, ulong, bool, int)"/>
    public TokenStream(ITokens tokens, int lanes, int steps, ulong seed, bool randomSteps = false, int freshEvery = 32)
    {
        random = new Philox(seed, RandomPurpose.Shuffle);
        lengths = new WindowLengths(steps, randomSteps, seed);
        if (tokens.Count < 2) throw new InvalidDataException($"the training text has {tokens.Count} token(s); at least 2 are needed, one to read and one to predict");
        (this.tokens, this.freshEvery) = (tokens, freshEvery);
        long predicted = tokens.Count - 1;
        Lanes = (int)Math.Clamp(predicted / ShortestLane, 1, lanes);
        laneLength = predicted / Lanes;
        window = new int[Math.Min(lengths.Longest, laneLength) + 1];
    }

    /// <inheritdoc/>
    public SampleKind Kind => SampleKind.Stream;

    /// <summary>Lanes in use.</summary>
    public int Lanes { get; }

    /// <inheritdoc/>
    public long TokensPerEpoch => laneLength * Lanes;

    /// <inheritdoc/>
    public int StepsInEpoch(int epoch) => lengths.Varies ? Plan(epoch).Count : checked((int)((laneLength + lengths.Bptt - 1) / lengths.Bptt));

    /// <inheritdoc/>
    public double RateFactor(TokenBatch batch) => lengths.Varies ? batch.Steps / (double)lengths.Bptt : 1;

    /// <inheritdoc/>
    public TokenBatch Batch(int epoch, int index)
    {
        var (first, end) = Window(epoch, index);
        int steps = (int)(end - first);
        if (!batchOfSteps.TryGetValue(steps, out var batch)) batchOfSteps[steps] = batch = new TokenBatch(steps, Lanes);
        batch.StartsFresh = index == 0;
        var source = window.AsSpan(0, steps + 1);
        for (int b = 0; b < Lanes; b++)
        {
            batch.FreshLanes[b] = freshEvery > 0 && random.Below(freshEvery, ((ulong)epoch << 32) | (uint)index, (ulong)b) == 0;
            tokens.CopyTo((b * laneLength) + first, source);
            for (int t = 0; t < steps; t++)
            {
                batch.Inputs[(t * Lanes) + b] = source[t];
                batch.Targets[(t * Lanes) + b] = source[t + 1];
            }
        }

        return batch;
    }

    private (long First, long End) Window(int epoch, int index)
    {
        if (!lengths.Varies) return ((long)index * lengths.Bptt, Math.Min(laneLength, (index + 1L) * lengths.Bptt));
        var plan = Plan(epoch);
        return (index == 0 ? 0 : plan[index - 1], plan[index]);
    }

    // Where the windows of an epoch end.
    private List<long> Plan(int epoch)
    {
        if (epoch == plannedEpoch) return ends;
        ends = [];
        for (long end = 0; end < laneLength; ends.Add(end)) end = Math.Min(laneLength, end + lengths.Of(epoch, ends.Count));
        plannedEpoch = epoch;
        return ends;
    }
}
