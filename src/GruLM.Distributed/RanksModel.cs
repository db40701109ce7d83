// A model that several processes train and evaluate together. All of them see the whole batch, and each computes some of its lanes;
// figures and gradients are those of the whole, and so every process makes the same update. The states that lanes carry are each process's
// own; a checkpoint has them all, so that a run goes on with any number of processes.

using GruLM.Model;

namespace GruLM.Distributed;

/// <summary>One model over all processes of a group. Used by one thread of each, as <see cref="IRankLink"/> is.</summary>
internal sealed unsafe class RanksModel : ITrainableModel
{
    // Nll, tokens, correct.
    private const int Figures = 3;

    private readonly GruLanguageModel _own;
    private readonly RankGroup _group;
    private readonly IRankLink _link;
    private readonly GradientSum _sum;
    private readonly Dictionary<(int Steps, int Lanes), TokenBatch> _shares = [];
    private readonly double[] _figures;

    public RanksModel(GruLanguageModel own, RankGroup group, IRankLink link, bool isBf16)
    {
        (_own, _group, _link) = (own, group, link);
        _sum = new GradientSum(own, link, isBf16);
        _figures = new double[Figures * link.Count];
    }

    /// <inheritdoc/>
    public GruConfig Config => _own.Config;

    /// <inheritdoc/>
    public IRanks Ranks => _group;

    /// <inheritdoc/>
    public GruParameters Parameters => _own.Parameters;

    /// <inheritdoc/>
    public LossSums ForwardBackward(TokenBatch batch, long counted, long step)
    {
        LanePlace place = Place(batch);
        bool isLast = counted > 0 && batch.Part == batch.Parts - 1;
        if (isLast) _sum.Begin(batch, place);
        var sums = default(LossSums);
        if (place.Lanes > 0)
        {
            sums = _own.ForwardBackward(Share(batch, place), counted, step, isLast ? _sum : null);
        }
        else
        {
            _own.TakePartWithoutLanes();
            if (isLast) _sum.BeginEmpty();
        }

        return Total(sums);
    }

    /// <inheritdoc/>
    public LossSums Evaluate(TokenBatch batch)
    {
        LanePlace place = Place(batch);
        return Total(place.Lanes > 0 ? _own.Evaluate(Share(batch, place)) : default);
    }

    /// <summary>Not shared out: every process computes all of it.</summary>
    public LossSums Score(TokenBatch batch, Span<float> logProbs) => _own.Score(batch, logProbs);

    /// <inheritdoc/>
    public double GradientNorm()
    {
        _sum.Finish();
        return _own.GradientNorm();
    }

    /// <inheritdoc/>
    public void Update(double learningRate, double gradientScale)
    {
        _sum.Finish();
        _own.Update(learningRate, gradientScale);
    }

    /// <inheritdoc/>
    public void DiscardGradients()
    {
        _sum.Finish();
        _own.DiscardGradients();
    }

    /// <inheritdoc/>
    public void SwapAverage() => _own.SwapAverage();

    /// <inheritdoc/>
    public void Save(string folder) => _own.Save(folder);

    /// <summary>Writes the file in the first process, with the lanes of all; in the others it hands theirs over.</summary>
    public void SaveTrainingState(string path)
    {
        var whole = new List<LaneStates>();
        try
        {
            foreach (int part in Enumerable.Range(0, PartsOfAny())) whole.Add(OfAll(part));
            if (_link.Rank == 0) _own.SaveTrainingState(path, whole);
        }
        finally
        {
            foreach (LaneStates states in whole) states.Dispose();
        }
    }

    /// <summary>Reads the file, of which each process keeps its lanes.</summary>
    public void LoadTrainingState(string path)
    {
        _own.LoadTrainingState(path);
        foreach (LaneStates states in _own.TrainingStates)
        {
            var place = LanePlace.Of(states.Lanes, _link.Rank, _link.Count);
            states.Keep(place.First, place.Lanes);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // After a failure messages may still be on their way into this memory, and the process is about to end.
        if (_sum.IsUnderWay) return;
        _sum.Dispose();
        _own.Dispose();
    }

    private LanePlace Place(TokenBatch batch) => LanePlace.Of(batch.Lanes, _link.Rank, _link.Count);

    private TokenBatch Share(TokenBatch batch, LanePlace place)
    {
        if (!_shares.TryGetValue((batch.Steps, place.Lanes), out TokenBatch? share))
        {
            _shares[(batch.Steps, place.Lanes)] = share = new TokenBatch(batch.Steps, place.Lanes);
        }

        batch.CopyLanes(place.First, share);
        (share.Part, share.Parts, share.Place) = (batch.Part, batch.Parts, place);
        return share;
    }

    // Added up in the order of ranks, so that all processes see the same figures to the last bit.
    private LossSums Total(LossSums own)
    {
        Span<double> place = _figures.AsSpan(Figures * _link.Rank, Figures);
        (place[0], place[1], place[2]) = (own.Nll, own.Tokens, own.Correct);
        _group.Gather(_figures);
        var total = default(LossSums);
        for (int i = 0; i < _figures.Length; i += Figures)
        {
            total += new LossSums(_figures[i], (long)_figures[i + 1], (long)_figures[i + 2]);
        }

        return total;
    }

    // A process without lanes has states of no part.
    private int PartsOfAny()
    {
        double[] parts = new double[_link.Count];
        parts[_link.Rank] = Math.Max(1, _own.TrainingStates.Count);
        _group.Gather(parts);
        return (int)parts.Max();
    }

    // The states of all lanes of a part: [L, B, H'].
    private LaneStates OfAll(int part)
    {
        LaneStates own = _own.TrainingState(part);
        double[] lanes = new double[_link.Count];
        lanes[_link.Rank] = own.Lanes;
        _group.Gather(lanes);
        int floats = own.Layers * own.PaddedHidden;
        long[] starts = new long[_link.Count + 1];
        for (int r = 0; r < _link.Count; r++) starts[r + 1] = starts[r] + ((long)lanes[r] * floats * sizeof(float));
        float[] all = new float[starts[^1] / sizeof(float)];
        own.Values.CopyTo(all.AsSpan((int)(starts[_link.Rank] / sizeof(float))));
        fixed (float* values = all) _link.BeginShare(values, starts).Wait();
        var whole = new LaneStates(own.Layers, own.PaddedHidden);
        whole.Prepare((int)lanes.Sum(), fresh: true);
        int first = 0;
        for (int r = 0; r < _link.Count; first += (int)lanes[r++])
        {
            int from = (int)(starts[r] / sizeof(float)), length = (int)lanes[r] * own.PaddedHidden;
            for (int l = 0; l < own.Layers; l++)
            {
                all.AsSpan(from + (l * length), length).CopyTo(whole.Values[(((l * whole.Lanes) + first) * own.PaddedHidden)..]);
            }
        }

        return whole;
    }
}
