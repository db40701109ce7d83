// Lines as independent samples: each starts from a zero state with bos and ends with the end piece. Every epoch has
// its own order; lines of similar length are batched together, so that little is padding, and padding is not counted.
// Lines longer than T go on in the next window with the state carried; nothing is cut.
// The order is never written down: an epoch is a sequence of pools of lines, each computed when it is needed. Kept is at most
// a number a pool, of where its steps begin.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Training;

/// <summary>Line samples in shuffled batches of similar length.</summary>
public sealed class LineSamples : ITrainingData
{
    // Lines are sorted by length within a pool of so many batches: enough to pad little, few enough to stay well mixed.
    private const int BatchesAPool = 32;

    private readonly ITokenLines _lines;
    private readonly int _bos;
    private readonly int _end;
    private readonly int _batchSize;
    private readonly int _bptt;
    private readonly AnswerMask? _mask;

    // Then every epoch has the same number of steps, known without planning it.
    private readonly bool _noneContinues;
    private readonly Philox _random;
    private readonly Dictionary<int, TokenBatch> _batchOfSteps = [];
    private (int Epoch, int Index) _poolAtHand = (-1, -1);
    private List<(int[] Lines, int Offset)> _pool = [];
    private int _countedEpoch = -1;
    private int[] _firstSteps = [];

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
        _lines = lines;
        _bos = bos;
        _end = end;
        _batchSize = Math.Min(batchSize, lines.Count);
        _bptt = bptt;
        _mask = mask;
        _random = new Philox(seed, RandomPurpose.Shuffle);
        _noneContinues = true;
        for (int i = 0; i < lines.Count; i++)
        {
            int length = lines.LengthOf(i) + 1;
            _noneContinues &= length <= bptt;
            TokensPerEpoch += mask?.Count(lines[i]) ?? length;
        }
    }

    /// <inheritdoc/>
    public SampleKind Kind => SampleKind.Lines;

    /// <inheritdoc/>
    public long TokensPerEpoch { get; }

    /// <inheritdoc/>
    public int StepsInEpoch(int epoch) => _noneContinues ? (_lines.Count + _batchSize - 1) / _batchSize : FirstSteps(epoch)[^1];

    /// <inheritdoc/>
    public TokenBatch Batch(int epoch, int index)
    {
        (int[]? members, int offset) = Window(epoch, index);
        int steps = Math.Min(_bptt, Longest(members) - offset);
        if (!_batchOfSteps.TryGetValue(steps, out TokenBatch? batch)) _batchOfSteps[steps] = batch = new TokenBatch(steps, _batchSize);
        batch.StartsFresh = offset == 0;
        FillBatch(batch, [.. members.Select(i => _lines[i])], offset, _bos, _end, _mask);
        return batch;
    }

    /// <summary>Writes tokens [offset, offset + T) of some lines into a batch, a lane each; what is beyond a line's end, what the mask
    /// leaves out, and unused lanes, are ignored.</summary>
    internal static void FillBatch(TokenBatch batch, IReadOnlyList<int[]> members, int offset, int bos, int end, AnswerMask? mask)
    {
        for (int b = 0; b < batch.Lanes; b++)
        {
            int[]? line = b < members.Count ? members[b] : null;
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

    private int LinesAPool => _batchSize * BatchesAPool;

    private int Pools => (int)((_lines.Count + (long)LinesAPool - 1) / LinesAPool);

    // The lines and their first token of a step.
    private (int[] Lines, int Offset) Window(int epoch, int step)
    {
        int index = step / BatchesAPool, first = index * BatchesAPool;
        if (!_noneContinues)
        {
            int[] steps = FirstSteps(epoch);
            index = Array.BinarySearch(steps, step);
            if (index < 0) index = ~index - 1;
            first = steps[index];
        }

        if (_poolAtHand != (epoch, index))
        {
            List<int[]> batches = Batches(epoch, index);
            ulong order = (1UL << 63) | ((ulong)(uint)epoch << 32) | (uint)index;
            _pool = [];
            for (int i = 0; i < batches.Count; i++)
            {
                int[] batch = batches[_random.Shuffled(i, batches.Count, order)];
                for (int offset = 0, longest = Longest(batch); offset < longest; offset += _bptt) _pool.Add((batch, offset));
            }

            _poolAtHand = (epoch, index);
        }

        return _pool[step - first];
    }

    // Where the steps of each pool begin, and after them how many there are in all. Each pool is looked at by itself, whatever the thread.
    private int[] FirstSteps(int epoch)
    {
        if (epoch == _countedEpoch) return _firstSteps;
        int[] steps = new int[Pools + 1];
        Parallel.For(0, Pools, p => steps[p + 1] = Batches(epoch, p).Sum(batch => (Longest(batch) + _bptt - 1) / _bptt));
        for (int p = 0; p < Pools; p++) steps[p + 1] = checked(steps[p] + steps[p + 1]);
        (_firstSteps, _countedEpoch) = (steps, epoch);
        return steps;
    }

    // The batches of a pool, shortest lines first.
    private List<int[]> Batches(int epoch, int index)
    {
        int first = index * LinesAPool;
        int[] members = new int[Math.Min(LinesAPool, _lines.Count - first)];
        long[] keys = new long[members.Length];
        for (int i = 0; i < members.Length; i++)
        {
            members[i] = _random.Shuffled(first + i, _lines.Count, (ulong)epoch);
            keys[i] = ((long)_lines.LengthOf(members[i]) << 32) | (uint)members[i];
        }

        Array.Sort(keys, members);
        return [.. members.Chunk(_batchSize)];
    }

    // With bos or the end piece.
    private int Longest(int[] members) => members.Max(i => _lines.LengthOf(i) + 1);
}
