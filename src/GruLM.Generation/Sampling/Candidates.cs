// The list of candidates that the steps of the chain work on: ids, scores and, when they are asked for, weights. It stands in the order of
// ids, or of scores, and says which; until the first cut it is the whole vocabulary, whose ids need not be written down.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Generation;

/// <summary>Candidates for the next token. No allocation once it has had its size. Not thread-safe.</summary>
internal sealed class Candidates(KernelPath path)
{
    [ThreadStatic]
    private static Candidates? s_ofThread;

    private readonly Ranking _ranking = new(path);
    private readonly ScoreRow _weights = new();
    private readonly ScoreRow _figures = new();
    private readonly float[] _lanes = new float[ScoreLoops.Lanes];
    private ScoreRow _scores = new();
    private ScoreRow _otherScores = new();
    private int[] _ids = [];
    private int[] _otherIds = [];
    private int[] _places = [];
    private bool[] _kept = [];
    private long[] _keys = [];
    private CandidateOrder _order;

    /// <summary>The kernels that work on it.</summary>
    public KernelPath Path => path;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Whether candidate i is token i, for all of the vocabulary.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The scores. Whoever changes some calls <see cref="Disturb"/>.</summary>
    public ScoreRow Scores => _scores;

    /// <summary>The sum of the weights, after <see cref="Weigh"/>.</summary>
    public double Total { get; private set; }

    /// <summary>The best score, after <see cref="Weigh"/>.</summary>
    public float Best { get; private set; }

    /// <summary>The token of candidate <paramref name="place"/>.</summary>
    public int Id(int place) => IsWhole ? place : _ids[place];

    /// <summary>The list that the samplers of this thread use one after another: one for many texts stays in the caches.</summary>
    public static Candidates OfThread(KernelPath path) =>
        s_ofThread is { } list && list.Path == path ? list : s_ofThread = new Candidates(path);

    /// <summary>Takes all of a vocabulary. Throws <see cref="InvalidDataException"/> when a score is NaN or positive infinity.</summary>
    public void Load(ReadOnlySpan<float> scores)
    {
        (Count, IsWhole, _order) = (scores.Length, true, CandidateOrder.Ids);
        if (_ids.Length < Count) Reserve();
        if (!ScoreLoops.Copy(path, scores, _scores)) throw FiniteNumbers.Scores();
        _scores.Fill(Count);
    }

    /// <summary>Forbids every token whose bit is not set; for use before anything else.</summary>
    public void Allow(ReadOnlySpan<ulong> bits) => ScoreLoops.Keep(path, _scores, Count, bits);

    /// <summary>Scores were changed one by one.</summary>
    public void Disturb()
    {
        if (_order == CandidateOrder.Scores) _order = CandidateOrder.None;
    }

    /// <summary>The best score. Throws <see cref="ArgumentException"/> when every token is forbidden.</summary>
    public float Max()
    {
        float max = _order == CandidateOrder.Scores ? _scores[0] : ScoreLoops.Max(path, _scores, Count);
        if (float.IsNegativeInfinity(max)) throw new ArgumentException("every token is forbidden; allow at least one");
        return max;
    }

    /// <summary>The first token that has the best score.</summary>
    public int Likeliest()
    {
        ScoreLoops.Collect(path, _scores, Count, Max(), _places);
        return Id(_places[0]);
    }

    /// <summary>Computes weights and their total.</summary>
    public void Weigh()
    {
        Best = Max();
        ScoreLoops.Weigh(path, _scores, Count, Best, _weights, _lanes);
        Total = SumOfLanes();
    }

    /// <summary>The surprise of a candidate in nats, after <see cref="Weigh"/>.</summary>
    public float Surprise(int place) => ExactLog.Of((float)Total) - (_scores[place] - Best);

    /// <summary>Keeps the k best, sorted.</summary>
    public void KeepBest(int k)
    {
        if (_order == CandidateOrder.Scores) Cut(Math.Min(k, Count));
        else Take(Ranked(k), CandidateOrder.Scores);
    }

    /// <summary>Keeps the fewest of the best that hold a share of the weight, sorted.</summary>
    public void KeepShare(double share)
    {
        Weigh();
        double limit = share * Total;
        if (_order == CandidateOrder.Scores)
        {
            Reaching([], limit, out int kept);
            Cut(kept);
            return;
        }

        if (_order == CandidateOrder.None)
        {
            SortByIds();
            Weigh();
        }

        Take(Reaching(_scores, limit), CandidateOrder.Scores);
    }

    /// <summary>Keeps those whose score is at least <paramref name="least"/>, in the order they have.</summary>
    public void KeepFrom(float least) => KeepFrom(_scores, least);

    /// <summary>Keeps those whose surprise in nats is at most <paramref name="most"/>, in the order they have; the best when there are
    /// none.</summary>
    public void KeepUnsurprising(float most)
    {
        Weigh();
        Surprise();
        ScoreLoops.Near(path, _figures, Count, 0);
        _figures.Fill(Count);
        if (ScoreLoops.Max(path, _figures, Count) < -most) KeepBest(1);
        else KeepFrom(_figures, -most);
    }

    /// <summary>Keeps the fewest that hold a share of the weight of those whose surprise is nearest to the expected one, in the order they
    /// have.</summary>
    public void KeepTypical(double share)
    {
        Weigh();
        ScoreLoops.Near(path, _figures, Count, (float)(Surprise() / Total));
        _figures.Fill(Count);
        Span<bool> kept = _kept.AsSpan(0, Count);
        kept.Clear();
        foreach (int place in Reaching(_figures, share * Total)) kept[place] = true;
        int found = 0;
        for (int i = 0; i < kept.Length; i++)
        {
            if (kept[i]) _places[found++] = i;
        }

        Take(_places.AsSpan(0, found), _order);
    }

    /// <summary>Takes the best score from all and divides them.</summary>
    public void Divide(float temperature)
    {
        // The best becomes 0, however low the temperature, and no score positive infinity. Rounding may make equals of what was not.
        ScoreLoops.Divide(path, _scores, Count, Max(), temperature);
        Disturb();
    }

    /// <summary>The place that <paramref name="uniform"/>, from 0 to 1, falls on: first the lane of the sum, then the candidate in it. For
    /// use after <see cref="Weigh"/>.</summary>
    public int Draw(double uniform)
    {
        double target = uniform * Total, before = 0;
        int lane = 0;
        while (lane < ScoreLoops.Lanes - 1 && before + _lanes[lane] <= target) before += _lanes[lane++];
        double within = target - before;
        float sum = 0;
        int last = lane;
        ReadOnlySpan<float> weights = _weights.Numbers(Count);
        for (int i = lane; i < weights.Length; i += ScoreLoops.Lanes)
        {
            sum += weights[i];
            if (sum > within) return i;
            if (weights[i] > 0) last = i;
        }

        // Rounding alone leads here.
        return last;
    }

    // The places of the fewest that reach a limit, those with the largest numbers in the row first.
    private ReadOnlySpan<int> Reaching(ScoreRow row, double limit)
    {
        for (int tried = Ranking.Try(0, Count); ; tried = Ranking.Try(tried, Count))
        {
            ReadOnlySpan<int> ranked = _ranking.Largest(row, Count, tried);
            if (Reaching(ranked, limit, out int kept) || tried == Count) return ranked[..kept];
        }
    }

    // How many of the ranked, or of the list as it stands, reach a limit, the last one included; all when none does.
    private bool Reaching(ReadOnlySpan<int> ranked, double limit, out int kept)
    {
        int count = ranked.IsEmpty ? Count : ranked.Length;
        double sum = 0;
        ReadOnlySpan<float> weights = _weights.Numbers(Count);
        for (kept = 1; kept <= count; kept++)
        {
            sum += weights[ranked.IsEmpty ? kept - 1 : ranked[kept - 1]];
            if (sum >= limit) return true;
        }

        kept = count;
        return false;
    }

    // The surprise of each, into the figures; the answer is the sum of weights times surprises.
    private double Surprise()
    {
        ScoreLoops.Surprise(path, _scores, Count, Best, ExactLog.Of((float)Total), _weights, _figures, _lanes);
        return SumOfLanes();
    }

    private double SumOfLanes()
    {
        double sum = 0;
        foreach (float lane in _lanes) sum += lane;
        return sum;
    }

    private void KeepFrom(ScoreRow row, float least)
    {
        if (float.IsNegativeInfinity(least)) return;
        int kept = ScoreLoops.Collect(path, row, Count, least, _places);
        if (kept < Count) Take(_places.AsSpan(0, kept), _order);
    }

    private ReadOnlySpan<int> Ranked(int k)
    {
        if (_order == CandidateOrder.None) SortByIds();
        return _ranking.Largest(_scores, Count, k);
    }

    private void Cut(int count)
    {
        Count = count;
        _scores.Fill(count);
    }

    // The candidates at these places, in this order, become the list.
    private void Take(ReadOnlySpan<int> places, CandidateOrder order)
    {
        Span<int> ids = _otherIds.AsSpan(0, places.Length);
        Span<float> scores = _otherScores.Numbers(places.Length), from = _scores.Numbers(Count);
        for (int i = 0; i < places.Length; i++) (ids[i], scores[i]) = (Id(places[i]), from[places[i]]);

        (_ids, _otherIds, _scores, _otherScores) = (_otherIds, _ids, _otherScores, _scores);
        (IsWhole, _order) = (false, order);
        Cut(places.Length);
    }

    // Ids are different, so that a key that ends with the place sorts by ids alone.
    private void SortByIds()
    {
        const int KeyBits = 32;
        for (int i = 0; i < Count; i++) _keys[i] = ((long)_ids[i] << KeyBits) | (uint)i;
        _keys.AsSpan(0, Count).Sort();
        for (int i = 0; i < Count; i++) _places[i] = (int)_keys[i];
        Take(_places.AsSpan(0, Count), CandidateOrder.Ids);
    }

    private void Reserve()
    {
        int size = ScoreRow.Padded(Count);
        (_ids, _otherIds, _places, _kept, _keys) = (new int[size], new int[size], new int[size], new bool[size], new long[size]);
        foreach (ScoreRow row in (ReadOnlySpan<ScoreRow>)[_scores, _otherScores, _weights, _figures]) row.Reserve(size);
    }

    private enum CandidateOrder
    {
        Ids,
        Scores,
        None,
    }
}
