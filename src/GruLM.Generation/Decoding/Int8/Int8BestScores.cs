// The best scores of one text from fewer bytes: the upper halves of the output layer's weights bound every score, and only what can be
// among the best is computed. Those scores are the output layer's to the bit; all others are bounds, and lower than the best. It pays where
// no near cache holds the weights and few scores come near the best; where it is not faster it is given up.

using GruLM.Kernels;

namespace GruLM.Generation;

/// <summary>Scores one text's next token as far as its best scores need it. Not thread-safe.</summary>
internal sealed unsafe class Int8BestScores : IDisposable
{
    // Rows that are computed together: a unit.
    private const int UnitRows = Int8Matrix.RowStep;

    // Fewer weights than these are as fast at once. Texts shorter than so many tokens are not worth the upper halves' memory.
    private const long FewestWeights = 2_000_000;
    private const int TokensBefore = 32, TokensTimed = 15, TokensUsed = 5000;

    // Less work than this is not worth a second thread.
    private const int FewestUnits = 16;

    private readonly Int8Weights _weights;
    private readonly Int8Compute _products;
    private readonly Compute _compute;
    private readonly Ranking _ranking;
    private readonly ScoreRow _peaks = new(), _exact = new();
    private readonly int _units;
    private readonly int[] _places;
    private readonly bool[] _done;
    private readonly AlignedBuffer<sbyte> _activations;
    private readonly TimedChoice _choice = new(TokensBefore, TokensTimed, TokensUsed);
    private Int8UpperHalves? _upper;

    // The text that is being scored.
    private byte* _bytes;
    private int* _sums;
    private float* _scores;
    private float _scale;

    /// <summary>For the output layer of <paramref name="weights"/>.</summary>
    public Int8BestScores(Int8Weights weights, Int8Compute products, Compute compute)
    {
        (_weights, _products, _compute, _ranking) = (weights, products, compute, new Ranking(compute.Path));
        _units = weights.Output.PaddedRows / UnitRows;
        (_places, _done) = (new int[ScoreRow.Padded(_units)], new bool[_units]);
        _activations = new AlignedBuffer<sbyte>(weights.Output.PaddedColumns);
        _peaks.Reserve(_units);
    }

    /// <summary>Whether it is used wherever it can be; false: nowhere; null: where it is faster.</summary>
    public bool? IsOn { get; set; }

    /// <summary>The share of the rows that were computed for the last text.</summary>
    public double Rows { get; private set; }

    /// <summary>Whether so many of the best scores may come from here, and how long that takes is of interest.</summary>
    public bool MayScore(int best)
    {
        bool isPossible = Int8UpperHalves.IsSupported && _products.Path >= Int8Path.Vector256 && best > 0 && IsOn != false;
        if (!isPossible || IsOn == true) return isPossible;
        return best <= _units / 8 && (long)_weights.Output.Rows * _weights.Output.Columns >= FewestWeights && !_choice.IsGivenUp;
    }

    /// <summary>Whether the next of these scores are to come from here.</summary>
    public bool IsNext => IsOn ?? _choice.IsOther;

    /// <summary>Says how long the last of these scores took, wherever they came from.</summary>
    public void Took(long time)
    {
        _choice.Took(time);
        if (!_choice.IsGivenUp) return;
        _upper?.Dispose();
        _upper = null;
    }

    /// <summary>Scores of the output layer times <paramref name="activations"/>, with its bias, of which a unit is worth
    /// <paramref name="scale"/>: the <paramref name="best"/> best of them and some others are exact, the rest are too high, but lower than
    /// these. <paramref name="sums"/> is memory to work in; it and the scores have room for the rows with their padding.</summary>
    public void Score(byte* activations, float scale, int best, float* scores, int* sums)
    {
        _bytes = activations;
        _scale = scale;
        _scores = scores;
        _sums = sums;
        for (int j = 0; j < _weights.Output.PaddedColumns; j++) _activations.Pointer[j] = (sbyte)(activations[j] - _products.Bias);
        if (_upper is null)
        {
            _upper = new Int8UpperHalves(_weights.Output);
            Run(Work.Fill, _units);
        }

        Run(Work.Bound, _units);
        _peaks.Fill(_units);
        Array.Clear(_done);

        // The units with the highest bounds have scores that the best reach at least.
        best = Math.Min(best, _weights.Output.Rows);
        int first = Math.Min(best, _units);
        _ranking.Largest(_peaks, _units, first).CopyTo(_places);
        Run(Work.Compute, first);
        int computed = first + Rest(Least(first, best));
        Rows = (double)computed / _units;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        _upper?.Dispose();
        _activations.Dispose();
    }

    // The best score number best of the first units of the list.
    private float Least(int units, int best)
    {
        _exact.Reserve(units * UnitRows);
        int count = 0;
        for (int i = 0; i < units; i++)
        {
            int row = _places[i] * UnitRows, rows = RowsOf(_places[i]);
            new ReadOnlySpan<float>(_scores + row, rows).CopyTo(_exact.Numbers(count + rows)[count..]);
            count += rows;
        }

        _exact.Fill(count);
        return _exact[_ranking.Largest(_exact, count, best)[^1]];
    }

    // Computes what reaches the score and has not been computed; the answer is how many units.
    private int Rest(float least)
    {
        int reaching = ScoreLoops.Collect(_compute.Path, _peaks, _units, least, _places), left = 0;
        for (int i = 0; i < reaching; i++)
        {
            if (!_done[_places[i]]) _places[left++] = _places[i];
        }

        Run(Work.Compute, left);
        return left;
    }

    private int RowsOf(int unit) => Math.Min(UnitRows, _weights.Output.Rows - (unit * UnitRows));

    private void Run(Work work, int units)
    {
        var job = new Job { Owner = this, Work = work, Units = units, Parts = units < FewestUnits ? 1 : _compute.Threads };
        _compute.Team.Run(ref job, job.Parts);
    }

    private void Execute(Work work, int first, int end)
    {
        switch (work)
        {
            case Work.Fill:
                _upper!.Fill(first * UnitRows, (end - first) * UnitRows);
                break;
            case Work.Bound:
                int row = first * UnitRows, rows = (end - first) * UnitRows;
                fixed (float* peaks = _peaks) _upper!.Bound(row, rows, _activations.Pointer, _scale, _scores + row, peaks + first);
                break;
            default:
                for (int i = first; i < end; i++) ComputeUnit(_places[i]);
                break;
        }
    }

    private void ComputeUnit(int unit)
    {
        int row = unit * UnitRows;
        _products.Multiply(_weights.Output, row, UnitRows, _bytes, 0, 1, _sums + row, 0);
        _done[unit] = true;
        KernelDispatch.Run<Int8Cell.ScoresWork, int>(_compute.Path, new()
        {
            Sums = _sums + row,
            Scales = _weights.Output.Scales + row,
            Scores = _scores + row,
            Scale = _scale,
            Rows = RowsOf(unit),
        });
    }

    private enum Work
    {
        Fill,
        Bound,
        Compute,
    }

    // Part number item of some units, or of a list of them.
    private struct Job : IParallelJob
    {
        public Int8BestScores Owner;
        public Work Work;
        public int Units, Parts;

        public readonly void Execute(int item, int thread) =>
            Owner.Execute(Work, (int)((long)Units * item / Parts), (int)((long)Units * (item + 1) / Parts));
    }
}
