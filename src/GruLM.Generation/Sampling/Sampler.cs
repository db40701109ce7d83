// Chooses the next token from logits: a chain of filters over a list of candidates, then one draw. The draw for token number i depends on
// the seed and i alone. No allocation once the list of candidates has its size, except for typical sampling. What the filters do and where
// they come from is said in SamplerKind.cs.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Generation;

/// <summary>Chooses tokens by <see cref="SamplingOptions"/>. Not thread-safe: one a text.</summary>
public sealed class Sampler
{
    private readonly SamplingOptions _options;
    private readonly SamplerKind[] _chain;
    private readonly KeyValuePair<int, float>[] _biases;
    private readonly Philox _random;

    // Whether the penalties ask for what was said: how often each of the recent tokens occurs, and these tokens in order; where all tokens
    // count as recent their order is not needed, so that memory is bounded by the vocabulary.
    private readonly bool _remembers;
    private readonly Dictionary<int, int> _counts = [];
    private readonly Queue<int> _recent = [];

    // The candidates: so many of them, each with its id, its score and, once they are computed, its probability and its surprise.
    private int _count;
    private int[] _ids = [];
    private float[] _scores = [];
    private double[] _probabilities = [];
    private double[] _surprises = [];

    // Whether they stand in order, the best first.
    private bool _sorted;

    /// <summary>A sampler; throws <see cref="ArgumentException"/> for settings that make no sense.</summary>
    public Sampler(SamplingOptions options)
    {
        options.Validate();
        _options = options;
        _chain = [.. options.Samplers];
        _biases = [.. options.LogitBias];
        _random = new Philox(options.Seed, RandomPurpose.Sampling);
        bool off = options is { RepeatPenalty: 1, PresencePenalty: 0, FrequencyPenalty: 0 };
        _remembers = !off && options.RepeatLastN != 0 && _chain.Contains(SamplerKind.Penalties);
    }

    /// <summary>Draws made so far: the number of the next one. It is set where a text is gone on with.</summary>
    public ulong Drawn { get; set; }

    /// <summary>Tells the penalties of a token that was read or chosen.</summary>
    public void Accept(int id)
    {
        if (!_remembers) return;
        _counts[id] = _counts.GetValueOrDefault(id) + 1;
        if (_options.RepeatLastN < 0) return;
        _recent.Enqueue(id);
        if (_recent.Count <= _options.RepeatLastN) return;
        int forgotten = _recent.Dequeue();
        if (--_counts[forgotten] == 0) _counts.Remove(forgotten);
    }

    /// <summary>Forgets the tokens accepted so far and starts the draws anew.</summary>
    public void Reset()
    {
        _counts.Clear();
        _recent.Clear();
        Drawn = 0;
    }

    /// <summary>The next token for <paramref name="logits"/> [V]; the ids in <paramref name="forbidden"/> are never chosen, and those
    /// outside the vocabulary are passed over. Throws <see cref="InvalidDataException"/> when a score is NaN or positive infinity, and
    /// <see cref="ArgumentException"/> when there is no score, every token is forbidden, or there is a bias for one that has no
    /// score.</summary>
    public int Sample(ReadOnlySpan<float> logits, ReadOnlySpan<int> forbidden = default)
    {
        Load(logits);
        foreach ((int id, float bias) in _biases)
        {
            if ((uint)id >= (uint)_count) _options.CheckTokens(_count);
            _scores[id] += bias;
        }

        foreach (int id in forbidden)
        {
            if ((uint)id < (uint)_count) _scores[id] = float.NegativeInfinity;
        }

        bool greedy = _options.Temperature == 0;
        foreach (SamplerKind step in _chain)
        {
            // At temperature 0 the best is taken, and only penalties have a say in which one that is.
            if (step == SamplerKind.Penalties || !greedy) Apply(step);
        }

        return greedy ? _ids[IndexOfBest()] : Draw();
    }

    private void Apply(SamplerKind step)
    {
        switch (step)
        {
            case SamplerKind.Penalties:
                Penalise();
                break;
            case SamplerKind.TopK:
                KeepTopK();
                break;
            case SamplerKind.Typical:
                KeepTypical();
                break;
            case SamplerKind.TopP:
                KeepTopP();
                break;
            case SamplerKind.MinP:
                KeepMinP();
                break;
            case SamplerKind.Temperature:
                DivideByTemperature();
                break;
        }
    }

    private int Draw()
    {
        Normalise();
        double target = _random.Uniform(Drawn++, 0);
        for (int i = 0; i < _count - 1; i++)
        {
            target -= _probabilities[i];
            if (target < 0) return _ids[i];
        }

        return _ids[_count - 1];
    }

    private void Load(ReadOnlySpan<float> logits)
    {
        if (logits.IsEmpty) throw new ArgumentException("there are no scores to choose by", nameof(logits));
        _count = logits.Length;
        if (_ids.Length < _count || _surprises.Length < _count)
        {
            (_ids, _scores, _probabilities, _surprises) = (new int[_count], new float[_count], new double[_count], new double[_count]);
        }

        logits.CopyTo(_scores);
        bool numbers = true;
        for (int i = 0; i < _count; i++)
        {
            _ids[i] = i;
            numbers &= logits[i] < float.PositiveInfinity;
        }

        if (!numbers) throw FiniteNumbers.Scores();
        _sorted = false;
    }

    private int IndexOfBest()
    {
        int best = 0;
        for (int i = 1; i < _count; i++)
        {
            if (_scores[i] > _scores[best]) best = i;
        }

        if (float.IsNegativeInfinity(_scores[best])) throw new ArgumentException("every token is forbidden; allow at least one");
        return best;
    }

    // May run before any filter or after it, so that candidates are looked up by their ids.
    private void Penalise()
    {
        if (!_remembers) return;
        for (int i = 0; i < _count; i++)
        {
            if (!_counts.TryGetValue(_ids[i], out int times)) continue;
            float score = _scores[i];
            score = score > 0 ? score / (float)_options.RepeatPenalty : score * (float)_options.RepeatPenalty;
            _scores[i] = score - (float)(_options.PresencePenalty + (times * _options.FrequencyPenalty));
        }

        _sorted = false;
    }

    // Highest score first, lower id first among equals.
    private void Sort()
    {
        if (_sorted) return;
        Array.Sort(_scores, _ids, 0, _count, DescendingOrder.Instance);
        for (int i = 0; i < _count;)
        {
            int end = i + 1;
            while (end < _count && _scores[end] == _scores[i]) end++;
            if (end - i > 1) Array.Sort(_ids, i, end - i);
            i = end;
        }

        _sorted = true;
    }

    private void KeepTopK()
    {
        if (_options.TopK == 0 || _options.TopK >= _count) return;
        if (!_sorted) SelectTopK(_options.TopK);
        Sort();
    }

    // Moves the k best to the front through a heap of the k best so far (worst on top): V comparisons, few swaps.
    private void SelectTopK(int k)
    {
        for (int i = (k / 2) - 1; i >= 0; i--) SiftDown(i, k);
        for (int i = k; i < _count; i++)
        {
            if (!Worse(0, i)) continue;
            (_scores[0], _scores[i], _ids[0], _ids[i]) = (_scores[i], _scores[0], _ids[i], _ids[0]);
            SiftDown(0, k);
        }

        _count = k;
    }

    private bool Worse(int a, int b) => _scores[a] < _scores[b] || (_scores[a] == _scores[b] && _ids[a] > _ids[b]);

    private void SiftDown(int i, int k)
    {
        while (true)
        {
            int child = (2 * i) + 1;
            if (child >= k) return;
            if (child + 1 < k && Worse(child + 1, child)) child++;
            if (!Worse(child, i)) return;
            (_scores[i], _scores[child], _ids[i], _ids[child]) = (_scores[child], _scores[i], _ids[child], _ids[i]);
            i = child;
        }
    }

    private void KeepTopP()
    {
        if (_options.TopP >= 1) return;
        Sort();
        Normalise();
        KeepPrefixWith(_options.TopP);
    }

    private void KeepPrefixWith(double mass)
    {
        double sum = 0;
        for (int i = 0; i < _count; i++)
        {
            sum += _probabilities[i];
            if (sum < mass) continue;
            _count = i + 1;
            return;
        }
    }

    private void KeepMinP()
    {
        if (_options.MinP <= 0) return;
        Sort();
        float least = _scores[0] + (float)Math.Log(_options.MinP);
        int kept = 1;
        while (kept < _count && _scores[kept] >= least) kept++;
        _count = kept;
    }

    private void KeepTypical()
    {
        if (_options.Typical >= 1) return;
        Normalise();
        double entropy = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_probabilities[i] > 0) entropy -= _probabilities[i] * Math.Log(_probabilities[i]);
        }

        for (int i = 0; i < _count; i++) _surprises[i] = Math.Abs(-Math.Log(_probabilities[i]) - entropy);

        // Sort candidates by how far their surprise is from the expected one.
        int[] order = Enumerable.Range(0, _count).ToArray();
        Array.Sort(_surprises, order, 0, _count);
        _ids = [.. order.Select(i => _ids[i])];
        _scores = [.. order.Select(i => _scores[i])];
        _probabilities = [.. order.Select(i => _probabilities[i])];
        _sorted = false;
        KeepPrefixWith(_options.Typical);
    }

    private void DivideByTemperature()
    {
        // The best score is taken from all first: however low the temperature, it stays zero, and no score becomes positive infinity.
        float best = _scores[IndexOfBest()];
        for (int i = 0; i < _count; i++) _scores[i] = (float)((_scores[i] - best) / _options.Temperature);
    }

    private void Normalise()
    {
        float max = _scores[IndexOfBest()];
        double sum = 0;
        for (int i = 0; i < _count; i++) sum += _probabilities[i] = Math.Exp(_scores[i] - max);
        for (int i = 0; i < _count; i++) _probabilities[i] /= sum;
    }

    private sealed class DescendingOrder : IComparer<float>
    {
        public static readonly DescendingOrder Instance = new();

        public int Compare(float x, float y) => y.CompareTo(x);
    }
}
