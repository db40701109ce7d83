// Lines as independent samples: each starts from a zero state with bos and ends with the end piece. Every epoch has
// its own order; lines of similar length are batched together, so that little is padding, and padding is not counted.
// Lines longer than T go on in the next window with the state carried; nothing is cut.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Training;

/// <summary>Line samples in shuffled batches of similar length.</summary>
public sealed class LineSamples : ITrainingData
{
    // Lines are sorted by length within so many batches: enough to pad little, few enough to stay well mixed.
    private const int BatchesSortedTogether = 32;

    private readonly ITokenLines lines;
    private readonly int bos;
    private readonly int end;
    private readonly int batchSize;
    private readonly int bptt;
    private readonly AnswerMask? mask;

    // Then every epoch has the same number of steps, known without planning it.
    private readonly bool noneContinues;
    private readonly Philox random;
    private readonly Dictionary<int, TokenBatch> batchOfSteps = [];
    private int plannedEpoch = -1;
    private List<(int[] Lines, int Offset)> plan = [];

    /// <summary>Samples from token ids of lines, without bos and end. With a <paramref name="mask"/> only answers count.
    /// Throws <see cref="InvalidDataException"/> when there is none.</summary>
    public LineSamples(IReadOnlyList<int[]> lines, int bos, int end, int batchSize, int bptt, ulong seed, AnswerMask? mask = null)
        : this(new LinesInMemory(lines), bos, end, batchSize, bptt, seed, mask)
    {
    }

    /// <inheritdoc cref="LineSamples(IReadOnlyList{int[]}, int, int, int, int, ulong, AnswerMask)"/>
    public LineSamples(ITokenLines lines, int bos, int end, int batchSize, int bptt, ulong seed, AnswerMask? mask = null)
    {
        if (lines.Count == 0) throw new InvalidDataException("the training part has no line with text");
        this.lines = lines;
        this.bos = bos;
        this.end = end;
        this.batchSize = Math.Min(batchSize, lines.Count);
        this.bptt = bptt;
        this.mask = mask;
        random = new Philox(seed, RandomPurpose.Shuffle);
        noneContinues = true;
        for (int i = 0; i < lines.Count; i++)
        {
            int length = lines.LengthOf(i) + 1;
            noneContinues &= length <= bptt;
            TokensPerEpoch += mask?.Count(lines[i]) ?? length;
        }
    }

    /// <inheritdoc/>
    public SampleKind Kind => SampleKind.Lines;

    /// <inheritdoc/>
    public long TokensPerEpoch { get; }

    /// <inheritdoc/>
    public int StepsInEpoch(int epoch) => noneContinues ? (lines.Count + batchSize - 1) / batchSize : Plan(epoch).Count;

    /// <inheritdoc/>
    public TokenBatch Batch(int epoch, int index)
    {
        var (members, offset) = Plan(epoch)[index];
        int longest = members.Max(i => lines.LengthOf(i) + 1), steps = Math.Min(bptt, longest - offset);
        if (!batchOfSteps.TryGetValue(steps, out var batch)) batchOfSteps[steps] = batch = new TokenBatch(steps, batchSize);
        batch.StartsFresh = offset == 0;
        FillBatch(batch, [.. members.Select(i => lines[i])], offset, bos, end, mask);
        return batch;
    }

    /// <summary>Writes tokens [offset, offset + T) of some lines into a batch, a lane each; what is beyond a line's end, what the mask leaves out, and unused lanes, are ignored.</summary>
    internal static void FillBatch(TokenBatch batch, IReadOnlyList<int[]> members, int offset, int bos, int end, AnswerMask? mask)
    {
        for (int b = 0; b < batch.Lanes; b++)
        {
            var line = b < members.Count ? members[b] : null;
            for (int t = 0; t < batch.Steps; t++)
            {
                int position = offset + t, at = (t * batch.Lanes) + b;
                bool inside = line is not null && position <= line.Length;
                batch.Inputs[at] = !inside ? end : position == 0 ? bos : line![position - 1];
                batch.Targets[at] = !inside ? TokenBatch.Ignored : position == line!.Length ? end : line[position];
            }

            if (line is not null) mask?.Apply(batch, b, line, offset);
        }
    }

    // The windows of an epoch in order: which lines, and from which token on.
    private List<(int[] Lines, int Offset)> Plan(int epoch)
    {
        if (epoch == plannedEpoch) return plan;
        var order = random.Permutation(lines.Count, (ulong)epoch);
        var batches = new List<int[]>();
        foreach (var pool in order.Chunk(batchSize * BatchesSortedTogether))
        {
            Array.Sort(pool.Select(i => ((long)lines.LengthOf(i) << 32) | (uint)i).ToArray(), pool);
            batches.AddRange(pool.Chunk(batchSize));
        }

        plan = [];
        foreach (int i in random.Permutation(batches.Count, (uint)epoch | (1UL << 63)))
        {
            int longest = batches[i].Max(l => lines.LengthOf(l) + 1);
            for (int offset = 0; offset < longest; offset += bptt) plan.Add((batches[i], offset));
        }

        plannedEpoch = epoch;
        return plan;
    }
}
