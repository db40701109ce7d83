// Chooses the next token from logits: a chain of filters over a list of candidates, then one draw. The draw for token
// number i depends on the seed and i alone. No allocation once the candidate list has its size,
// except for typical sampling.

using GruLM.Kernels;

namespace GruLM.Generation;

/// <summary>Chooses tokens by <see cref="SamplingOptions"/>. Not thread-safe.</summary>
public sealed class Sampler
{
    private readonly SamplingOptions options;
    private readonly SamplerKind[] chain;
    private readonly KeyValuePair<int, float>[] biases;
    private readonly Philox random;
    private readonly List<int> history = [];
    private readonly Dictionary<int, int> counts = [];
    private float[] scores = [];
    private int[] ids = [];
    private double[] probabilities = [];
    private double[] surprises = [];
    private int count;
    private bool sorted;
    private ulong drawn;

    /// <summary>A sampler; throws <see cref="ArgumentException"/> for settings that make no sense.</summary>
    public Sampler(SamplingOptions options)
    {
        options.Validate();
        this.options = options;
        chain = [.. options.Samplers];
        biases = [.. options.LogitBias];
        random = new Philox(options.Seed, RandomPurpose.Sampling);
    }

    /// <summary>Tells the penalties of a token that was read or chosen.</summary>
    public void Accept(int id) => history.Add(id);

    /// <summary>Forgets the tokens accepted so far and starts the draws anew.</summary>
    public void Reset()
    {
        history.Clear();
        drawn = 0;
    }

    /// <summary>The next token for <paramref name="logits"/> [V]; tokens in <paramref name="forbidden"/> are never chosen.</summary>
    public int Sample(ReadOnlySpan<float> logits, ReadOnlySpan<int> forbidden = default)
    {
        Load(logits);
        foreach (var (id, bias) in biases)
            if ((uint)id < (uint)count) scores[id] += bias;
        foreach (int id in forbidden) scores[id] = float.NegativeInfinity;
        foreach (var step in chain)
        {
            if (step == SamplerKind.Penalties) Penalise();
            if (options.Temperature == 0) continue;
            switch (step)
            {
                case SamplerKind.TopK: KeepTopK(); break;
                case SamplerKind.Typical: KeepTypical(); break;
                case SamplerKind.TopP: KeepTopP(); break;
                case SamplerKind.MinP: KeepMinP(); break;
                case SamplerKind.Temperature: Divide(); break;
            }
        }

        if (options.Temperature == 0) return ids[IndexOfBest()];
        Normalise();
        double target = random.Uniform(drawn++, 0);
        for (int i = 0; i < count - 1; i++)
        {
            target -= probabilities[i];
            if (target < 0) return ids[i];
        }

        return ids[count - 1];
    }

    private void Load(ReadOnlySpan<float> logits)
    {
        count = logits.Length;
        if (ids.Length < count || surprises.Length < count) (ids, scores, probabilities, surprises) = (new int[count], new float[count], new double[count], new double[count]);
        logits.CopyTo(scores);
        for (int i = 0; i < count; i++) ids[i] = i;
        sorted = false;
    }

    private int IndexOfBest()
    {
        int best = 0;
        for (int i = 1; i < count; i++)
            if (scores[i] > scores[best]) best = i;
        return best;
    }

    // Runs before any filter or after it: candidates are looked up by their id.
    private void Penalise()
    {
        if (options.RepeatLastN == 0 || (options.RepeatPenalty == 1 && options.PresencePenalty == 0 && options.FrequencyPenalty == 0)) return;
        counts.Clear();
        int from = options.RepeatLastN < 0 ? 0 : Math.Max(0, history.Count - options.RepeatLastN);
        for (int i = from; i < history.Count; i++) counts[history[i]] = counts.GetValueOrDefault(history[i]) + 1;
        for (int i = 0; i < count; i++)
        {
            if (!counts.TryGetValue(ids[i], out int times)) continue;
            float score = scores[i];
            score = score > 0 ? score / (float)options.RepeatPenalty : score * (float)options.RepeatPenalty;
            scores[i] = score - (float)(options.PresencePenalty + (times * options.FrequencyPenalty));
        }

        sorted = false;
    }

    // Highest score first, lower id first among equals.
    private void Sort()
    {
        if (sorted) return;
        Array.Sort(scores, ids, 0, count, DescendingOrder.Instance);
        for (int i = 0; i < count;)
        {
            int end = i + 1;
            while (end < count && scores[end] == scores[i]) end++;
            if (end - i > 1) Array.Sort(ids, i, end - i);
            i = end;
        }

        sorted = true;
    }

    private void KeepTopK()
    {
        if (options.TopK == 0 || options.TopK >= count) return;
        if (!sorted) SelectTopK(options.TopK);
        Sort();
    }

    // Moves the k best to the front through a heap of the k best so far (worst on top): V comparisons, few swaps.
    private void SelectTopK(int k)
    {
        for (int i = (k / 2) - 1; i >= 0; i--) SiftDown(i, k);
        for (int i = k; i < count; i++)
        {
            if (!Worse(0, i)) continue;
            (scores[0], scores[i], ids[0], ids[i]) = (scores[i], scores[0], ids[i], ids[0]);
            SiftDown(0, k);
        }

        count = k;
    }

    private bool Worse(int a, int b) => scores[a] < scores[b] || (scores[a] == scores[b] && ids[a] > ids[b]);

    private void SiftDown(int i, int k)
    {
        while (true)
        {
            int child = (2 * i) + 1;
            if (child >= k) return;
            if (child + 1 < k && Worse(child + 1, child)) child++;
            if (!Worse(child, i)) return;
            (scores[i], scores[child], ids[i], ids[child]) = (scores[child], scores[i], ids[child], ids[i]);
            i = child;
        }
    }

    private void KeepTopP()
    {
        if (options.TopP >= 1) return;
        Sort();
        Normalise();
        KeepPrefixWith(options.TopP);
    }

    private void KeepPrefixWith(double mass)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += probabilities[i];
            if (sum < mass) continue;
            count = i + 1;
            return;
        }
    }

    private void KeepMinP()
    {
        if (options.MinP <= 0) return;
        Sort();
        float least = scores[0] + (float)Math.Log(options.MinP);
        int kept = 1;
        while (kept < count && scores[kept] >= least) kept++;
        count = kept;
    }

    private void KeepTypical()
    {
        if (options.Typical >= 1) return;
        Normalise();
        double entropy = 0;
        for (int i = 0; i < count; i++)
            if (probabilities[i] > 0) entropy -= probabilities[i] * Math.Log(probabilities[i]);
        for (int i = 0; i < count; i++) surprises[i] = Math.Abs(-Math.Log(probabilities[i]) - entropy);

        // Sort candidates by how far their surprise is from the expected one.
        var order = Enumerable.Range(0, count).ToArray();
        Array.Sort(surprises, order, 0, count);
        (ids, scores, probabilities) = ([.. order.Select(i => ids[i])], [.. order.Select(i => scores[i])], [.. order.Select(i => probabilities[i])]);
        sorted = false;
        KeepPrefixWith(options.Typical);
    }

    private void Divide()
    {
        // Below the best, not above nothing: however low the temperature, the best stays at zero and nothing becomes infinite upwards.
        float best = scores[IndexOfBest()];
        for (int i = 0; i < count; i++) scores[i] = (float)((scores[i] - best) / options.Temperature);
    }

    private void Normalise()
    {
        float max = scores[IndexOfBest()];
        double sum = 0;
        for (int i = 0; i < count; i++) sum += probabilities[i] = Math.Exp(scores[i] - max);
        for (int i = 0; i < count; i++) probabilities[i] /= sum;
    }

    private sealed class DescendingOrder : IComparer<float>
    {
        public static readonly DescendingOrder Instance = new();

        public int Compare(float x, float y) => y.CompareTo(x);
    }
}
