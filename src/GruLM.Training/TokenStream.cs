// A text as one stream of tokens, cut into B contiguous lanes that are read side by side, T tokens at a time;
// the model's state carries from each window to the next. The end of a lane is a shorter window, so no token is lost
// except the remainder of the division into lanes. Now and then a lane starts a window from a zero state: a model that never
// saw one in the middle of a text would stumble over the first words of every prompt.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Training;

/// <summary>Stream samples: lane b reads tokens [b·n, (b + 1)·n] with n = (tokens − 1) / B.</summary>
public sealed class TokenStream : ITrainingData
{
    // A lane shorter than this would hardly carry any state.
    private const int ShortestLane = 16;

    // One window in so many starts its lane from zero.
    private const int FreshStartEvery = 32;

    private readonly ITokens tokens;
    private readonly int[] window;
    private readonly Philox random;
    private readonly long laneLength;
    private readonly TokenBatch full;
    private readonly TokenBatch rest;

    /// <summary>Cuts <paramref name="tokens"/> into at most <paramref name="lanes"/> lanes (fewer for a short text).
    /// <paramref name="seed"/> decides which lanes start afresh. Throws <see cref="InvalidDataException"/> for fewer than two tokens.</summary>
    public TokenStream(ReadOnlyMemory<int> tokens, int lanes, int steps, ulong seed)
        : this(new TokensInMemory(tokens), lanes, steps, seed)
    {
    }

    /// <inheritdoc cref="TokenStream(ReadOnlyMemory{int}, int, int, ulong)"/>
    public TokenStream(ITokens tokens, int lanes, int steps, ulong seed)
    {
        random = new Philox(seed, RandomPurpose.Shuffle);
        if (tokens.Count < 2) throw new InvalidDataException($"the training text has {tokens.Count} token(s); at least 2 are needed, one to read and one to predict");
        this.tokens = tokens;
        long predicted = tokens.Count - 1;
        lanes = (int)Math.Clamp(predicted / ShortestLane, 1, lanes);
        laneLength = predicted / lanes;
        steps = (int)Math.Min(steps, laneLength);
        full = new TokenBatch(steps, lanes);
        rest = laneLength % steps == 0 ? full : new TokenBatch((int)(laneLength % steps), lanes);
        window = new int[steps + 1];
    }

    /// <inheritdoc/>
    public SampleKind Kind => SampleKind.Stream;

    /// <summary>Lanes in use.</summary>
    public int Lanes => full.Lanes;

    /// <inheritdoc/>
    public long TokensPerEpoch => laneLength * full.Lanes;

    /// <inheritdoc/>
    public int StepsInEpoch(int epoch) => checked((int)((laneLength + full.Steps - 1) / full.Steps));

    /// <inheritdoc/>
    public TokenBatch Batch(int epoch, int index)
    {
        var batch = index == StepsInEpoch(epoch) - 1 ? rest : full;
        batch.StartsFresh = index == 0;
        var source = window.AsSpan(0, batch.Steps + 1);
        long first = (long)index * full.Steps;
        for (int b = 0; b < batch.Lanes; b++)
        {
            batch.FreshLanes[b] = random.Below(FreshStartEvery, ((ulong)epoch << 32) | (uint)index, (ulong)b) == 0;
            tokens.CopyTo((b * laneLength) + first, source);
            for (int t = 0; t < batch.Steps; t++)
            {
                batch.Inputs[(t * batch.Lanes) + b] = source[t];
                batch.Targets[(t * batch.Lanes) + b] = source[t + 1];
            }
        }

        return batch;
    }
}
