// Lines as independent samples: each starts from a zero state with bos and ends with the end piece, or stands alone. Every epoch has
// its own order; lines of similar length are batched together, so that little is padding, and padding is not counted.
// Lines longer than T continue in the next window with the state carried; nothing is cut off.
// The order of an epoch is never stored: the shuffled lines are cut into pools, and each pool is computed when its first batch is
// needed. All that is kept of an epoch is at which step each of its pools begins, and even that only where some line is longer than T.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Training;

/// <summary>Line samples in shuffled batches of similar length. Not thread-safe.</summary>
public sealed class LineSamples : ITrainingData
{
    // Lines are sorted by length within a pool of this many batches: enough to pad little, few enough to stay well mixed.
    private const int BatchesAPool = 32;

    private readonly ITokenLines _lines;
    private readonly Frame _frame;
    private readonly int _batchSize;
    private readonly int _bptt;

    // Whether every line fits into one window: a batch is then one step, and the steps of an epoch need no counting.
    private readonly bool _oneWindowALine;
    private readonly Philox _random;
    private readonly Dictionary<int, TokenBatch> _batchOfSteps = [];

    // The pool computed last: its steps, each with the lines of its batch and the position in them at which its window begins.
    private (int Epoch, int Index) _poolAtHand = (-1, -1);
    private List<(int[] Lines, int Offset)> _pool = [];

    // Of the epoch counted last: the step at which each pool begins, and after them the number of all steps.
    private int _countedEpoch = -1;
    private int[] _firstSteps = [];

    /// <summary>Samples from token ids of lines, without bos and end, in batches of <paramref name="batchSize"/> lines (fewer when there
    /// are fewer) and windows of at most <paramref name="bptt"/> tokens. Where <paramref name="bos"/> is negative, nothing is fed before a
    /// line or predicted after it. <paramref name="seed"/> decides the order. With a <paramref name="mask"/> only answers count. Throws
    /// <see cref="InvalidDataException"/> when there is no line, and <see cref="ArgumentException"/> for numbers out of range.</summary>
    public LineSamples(IReadOnlyList<int[]> lines, int bos, int end, int batchSize, int bptt, ulong seed, AnswerMask? mask = null)
        : this(new LinesInMemory(lines), bos, end, batchSize, bptt, seed, mask)
    {
    }

    /// <inheritdoc cref="LineSamples(IReadOnlyList{int[]}, int, int, int, int, ulong, AnswerMask)"/>
    public LineSamples(ITokenLines lines, int bos, int end, int batchSize, int bptt, ulong seed, AnswerMask? mask = null)
    {
        Setting.InRange(batchSize, 1, TokenBatch.MaxTokens, "BatchSize");
        Setting.InRange(bptt, 1, TokenBatch.MaxTokens, nameof(WindowLengths.Bptt));
        if (lines.Count == 0) throw new InvalidDataException("the training part has no line with text");
        (_lines, _frame, _bptt) = (lines, new Frame(bos, end, mask), bptt);
        _batchSize = Math.Min(batchSize, lines.Count);
        _random = new Philox(seed, RandomPurpose.Shuffle);
        _oneWindowALine = true;
        for (int i = 0; i < lines.Count; i++)
        {
            _oneWindowALine &= StepsOf(i) <= bptt;
            TokensPerEpoch += mask is null ? _frame.Predicted(lines.LengthOf(i)) : _frame.Counted(lines[i]);
        }
    }

    /// <inheritdoc/>
    public SampleKind Kind => SampleKind.Lines;

    /// <inheritdoc/>
    public long TokensPerEpoch { get; }

    /// <inheritdoc/>
    public int StepsInEpoch(int epoch) => _oneWindowALine ? (_lines.Count + _batchSize - 1) / _batchSize : FirstSteps(epoch)[^1];

    /// <inheritdoc/>
    public TokenBatch Batch(int epoch, int index)
    {
        (int[] members, int offset) = Window(epoch, index);
        int steps = Math.Min(_bptt, Longest(members) - offset);
        if (!_batchOfSteps.TryGetValue(steps, out TokenBatch? batch)) _batchOfSteps[steps] = batch = new TokenBatch(steps, _batchSize);
        batch.StartsFresh = offset == 0;
        FillBatch(batch, [.. members.Select(i => _lines[i])], offset, _frame);
        return batch;
    }

    /// <summary>Writes tokens [offset, offset + T) of some lines into a batch, a lane each; what is beyond a line's end, what the mask
    /// leaves out, and unused lanes, are ignored.</summary>
    internal static void FillBatch(TokenBatch batch, IReadOnlyList<int[]> members, int offset, Frame frame)
    {
        for (int b = 0; b < batch.Lanes; b++)
        {
            int[]? line = b < members.Count ? members[b] : null;
            for (int t = 0; t < batch.Steps; t++)
            {
                int position = offset + t, at = (t * batch.Lanes) + b;
                if (frame.IsBare)
                {
                    bool predicts = position + 1 < line?.Length;
                    batch.Inputs[at] = predicts ? line![position] : 0;
                    batch.Targets[at] = predicts ? line![position + 1] : TokenBatch.Ignored;
                    continue;
                }

                bool inside = line is not null && position <= line.Length;
                batch.Inputs[at] = !inside ? frame.End : position == 0 ? frame.Bos : line![position - 1];
                batch.Targets[at] = !inside ? TokenBatch.Ignored : position == line!.Length ? frame.End : line[position];
            }

            if (line is not null) frame.Mask?.Apply(batch, b, line, frame.IsBare ? offset + 1 : offset);
        }
    }

    private int LinesAPool => _batchSize * BatchesAPool;

    private int Pools => (int)((_lines.Count + (long)LinesAPool - 1) / LinesAPool);

    // The lines of a step, and the position in them at which its window begins.
    private (int[] Lines, int Offset) Window(int epoch, int step)
    {
        int pool = step / BatchesAPool, first = pool * BatchesAPool;
        if (!_oneWindowALine)
        {
            int[] steps = FirstSteps(epoch);
            pool = Array.BinarySearch(steps, step);
            if (pool < 0) pool = ~pool - 1;
            first = steps[pool];
        }

        if (_poolAtHand != (epoch, pool)) LoadPool(epoch, pool);
        return _pool[step - first];
    }

    // The steps of a pool: its batches in a random order, each window after window.
    private void LoadPool(int epoch, int pool)
    {
        List<int[]> batches = Batches(epoch, pool);
        ulong order = (1UL << 63) | ((ulong)(uint)epoch << 32) | (uint)pool;
        _pool = [];
        for (int i = 0; i < batches.Count; i++)
        {
            int[] batch = batches[_random.Shuffled(i, batches.Count, order)];
            for (int offset = 0, longest = Longest(batch); offset < longest; offset += _bptt) _pool.Add((batch, offset));
        }

        _poolAtHand = (epoch, pool);
    }

    // The batches of a pool, shortest lines first.
    private List<int[]> Batches(int epoch, int pool)
    {
        int first = pool * LinesAPool;
        int[] members = new int[Math.Min(LinesAPool, _lines.Count - first)];
        long[] keys = new long[members.Length];
        for (int i = 0; i < members.Length; i++)
        {
            members[i] = Line(epoch, first + i);
            keys[i] = ((long)_lines.LengthOf(members[i]) << 32) | (uint)members[i];
        }

        Array.Sort(keys, members);
        return [.. members.Chunk(_batchSize)];
    }

    private int[] FirstSteps(int epoch)
    {
        if (epoch == _countedEpoch) return _firstSteps;
        int[] steps = new int[Pools + 1];
        var windows = new List<int>();
        for (int pool = 0; pool < Pools; pool++) steps[pool + 1] = checked(steps[pool] + StepsIn(epoch, pool, windows));
        (_firstSteps, _countedEpoch) = (steps, epoch);
        return steps;
    }

    // The steps of a pool without its batches: each batch takes the windows of its longest line. Most lines take one, so that only the
    // few that take more are sorted; they are collected in the list handed in.
    private int StepsIn(int epoch, int pool, List<int> windows)
    {
        int first = pool * LinesAPool, count = Math.Min(LinesAPool, _lines.Count - first);
        windows.Clear();
        for (int i = 0; i < count; i++)
        {
            int length = StepsOf(Line(epoch, first + i));
            if (length > _bptt) windows.Add((length + _bptt - 1) / _bptt);
        }

        windows.Sort();
        int steps = 0, ofOneWindow = count - windows.Count;
        for (int start = 0; start < count; start += _batchSize)
        {
            int longest = Math.Min(start + _batchSize, count) - 1;
            steps = checked(steps + (longest < ofOneWindow ? 1 : windows[longest - ofOneWindow]));
        }

        return steps;
    }

    // The line at a place in an epoch's order.
    private int Line(int epoch, int place) => _random.Shuffled(place, _lines.Count, (ulong)epoch);

    private int Longest(int[] members) => members.Max(StepsOf);

    // A line of which nothing is predicted takes a step still.
    private int StepsOf(int line) => Math.Max(1, _frame.Predicted(_lines.LengthOf(line)));

    /// <summary>What belongs to every line besides its own tokens.</summary>
    /// <param name="Bos">The id fed first; −1: none, and none is predicted last.</param>
    /// <param name="End">The id predicted last.</param>
    /// <param name="Mask">Leaves all but answers out; null: everything counts.</param>
    internal readonly record struct Frame(int Bos, int End, AnswerMask? Mask)
    {
        /// <summary>Whether lines stand alone: each token predicts the next one, and nothing else is read or predicted.</summary>
        public bool IsBare => Bos < 0;

        /// <summary>How many tokens are predicted of a line with so many of its own.</summary>
        public int Predicted(int length) => IsBare ? Math.Max(0, length - 1) : length + 1;

        /// <summary>How many of them count.</summary>
        public int Counted(ReadOnlySpan<int> line)
        {
            if (Mask is null) return Predicted(line.Length);
            return Mask.Count(line) - (IsBare && Mask.Counts(line, line.Length) ? 1 : 0);
        }
    }
}
