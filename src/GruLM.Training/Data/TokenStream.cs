// A text as one stream of tokens, cut into B contiguous lanes that are read side by side, T tokens at a time;
// the model's state carries from each window to the next. T may vary from window to window (WindowLengths.cs). The end of a lane is a
// shorter window, so no token is lost except the remainder of the division into lanes. Now and then a lane starts a window from a zero
// state, as every prompt does: a model that has hardly ever seen one predicts the first words of a text badly.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Training;

/// <summary>Stream samples: lane b reads tokens [b·n, (b + 1)·n] with n = (tokens − 1) / B. Not thread-safe.</summary>
public sealed class TokenStream : ITrainingData
{
    // A lane shorter than this would hardly carry any state.
    private const int ShortestLane = 16;

    private readonly ITokens _tokens;
    private readonly int[] _window;
    private readonly Philox _random;
    private readonly WindowLengths _lengths;
    private readonly int _freshEvery;
    private readonly long _laneLength;
    private readonly Dictionary<int, TokenBatch> _batchOfSteps = [];

    // Where the windows of an epoch end in each lane, planned when their lengths vary.
    private int _plannedEpoch = -1;
    private List<long> _ends = [];

    /// <summary>Cuts <paramref name="tokens"/> into at most <paramref name="lanes"/> lanes (fewer for a short text), read
    /// <paramref name="steps"/> tokens at a time, or about so many with <paramref name="randomSteps"/>; one window in
    /// <paramref name="freshEvery"/> starts its lane from zero (0: none). <paramref name="seed"/> decides these lengths and which lanes
    /// start afresh. Throws <see cref="InvalidDataException"/> for fewer than two tokens, and <see cref="ArgumentException"/> for numbers
    /// out of range.</summary>
    public TokenStream(ReadOnlyMemory<int> tokens, int lanes, int steps, ulong seed, bool randomSteps = false, int freshEvery = 32)
        : this(new TokensInMemory(tokens), lanes, steps, seed, randomSteps, freshEvery)
    {
    }

    /// <inheritdoc cref="TokenStream(ReadOnlyMemory{int}, int, int, ulong, bool, int)"/>
    public TokenStream(ITokens tokens, int lanes, int steps, ulong seed, bool randomSteps = false, int freshEvery = 32)
    {
        Setting.InRange(lanes, 1, TokenBatch.MaxTokens, nameof(Lanes));
        Setting.InRange(steps, 1, TokenBatch.MaxTokens, nameof(WindowLengths.Bptt));
        Setting.InRange(freshEvery, 0, int.MaxValue, "FreshEvery");
        _random = new Philox(seed, RandomPurpose.Shuffle);
        _lengths = new WindowLengths(steps, randomSteps, seed);
        if (tokens.Count < 2)
        {
            throw new InvalidDataException(
                $"the training text has {tokens.Count} token(s); at least 2 are needed, one to read and one to predict");
        }

        (_tokens, _freshEvery) = (tokens, freshEvery);
        long predicted = tokens.Count - 1;
        Lanes = (int)Math.Clamp(predicted / ShortestLane, 1, lanes);
        _laneLength = predicted / Lanes;
        _window = new int[Math.Min(_lengths.Longest, _laneLength) + 1];
    }

    /// <inheritdoc/>
    public SampleKind Kind => SampleKind.Stream;

    /// <summary>Lanes in use.</summary>
    public int Lanes { get; }

    /// <inheritdoc/>
    public long TokensPerEpoch => _laneLength * Lanes;

    /// <inheritdoc/>
    public int StepsInEpoch(int epoch) => _lengths.Varies
        ? Plan(epoch).Count
        : checked((int)((_laneLength + _lengths.Bptt - 1) / _lengths.Bptt));

    /// <inheritdoc/>
    public double RateFactor(TokenBatch batch) => _lengths.Varies ? batch.Steps / (double)_lengths.Bptt : 1;

    /// <inheritdoc/>
    public TokenBatch Batch(int epoch, int index)
    {
        (long first, long end) = Window(epoch, index);
        int steps = (int)(end - first);
        if (!_batchOfSteps.TryGetValue(steps, out TokenBatch? batch)) _batchOfSteps[steps] = batch = new TokenBatch(steps, Lanes);
        batch.StartsFresh = index == 0;
        Span<int> source = _window.AsSpan(0, steps + 1);
        for (int b = 0; b < Lanes; b++)
        {
            batch.FreshLanes[b] = _freshEvery > 0 && _random.Below(_freshEvery, ((ulong)epoch << 32) | (uint)index, (ulong)b) == 0;
            _tokens.CopyTo((b * _laneLength) + first, source);
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
        if (!_lengths.Varies) return ((long)index * _lengths.Bptt, Math.Min(_laneLength, (index + 1L) * _lengths.Bptt));
        List<long> plan = Plan(epoch);
        return (index == 0 ? 0 : plan[index - 1], plan[index]);
    }

    private List<long> Plan(int epoch)
    {
        if (epoch == _plannedEpoch) return _ends;
        _ends = [];
        for (long end = 0; end < _laneLength;)
        {
            end = Math.Min(_laneLength, end + _lengths.Of(epoch, _ends.Count));
            _ends.Add(end);
        }

        _plannedEpoch = epoch;
        return _ends;
    }
}
