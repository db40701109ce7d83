// docs/sampling.md in plain C#: lists, full sorts and one number at a time, in the very order of operations that the page defines, so that
// it must choose the same tokens as the sampler, always.

using GruLM.Generation;
using GruLM.Kernels;

namespace GruLM.Tests.Generation;

internal sealed class PlainSampler(SamplingOptions options)
{
    private readonly Philox _random = new(options.Seed, RandomPurpose.Sampling);
    private readonly List<int> _text = [];
    private List<(int Id, float Score)> _list = [];
    private float _mu = 2 * (float)options.MirostatEnt;
    private ulong _drawn;

    public void Accept(int id) => _text.Add(id);

    public int Sample(float[] logits, params int[] forbidden)
    {
        _list = [.. logits.Select((score, id) => (id, options.LogitBias.TryGetValue(id, out float bias) ? score + bias : score))];
        _list = [.. _list.Select(c => forbidden.Contains(c.Id) ? (c.Id, float.NegativeInfinity) : c)];
        bool greedy = options.Temperature == 0;
        foreach (SamplerKind step in options.Samplers)
        {
            if (step == SamplerKind.Penalties) Penalise();
            else if (step == SamplerKind.Dry) Dry();
            else if (greedy) continue;
            else if (step == SamplerKind.Temperature) Temper();
            else if (options.Mirostat == 0) Filter(step);
        }

        float best = Max();
        if (greedy) return _list.First(c => c.Score == best).Id;
        if (options.Mirostat == 2) KeepUnsurprising();
        float[] weights = Weights(out double total, out float[] lanes);
        int place = Draw(weights, lanes, _random.Uniform(_drawn++, 0) * total);
        if (options.Mirostat == 2)
        {
            float surprise = Surprises(total)[place] * 1.44269504f;
            _mu -= (float)options.MirostatLr * (surprise - (float)options.MirostatEnt);
        }

        return _list[place].Id;
    }

    private List<(int Id, float Score)> Sorted() => [.. _list.OrderByDescending(c => c.Score).ThenBy(c => c.Id)];

    // Where no token is possible, also because a penalty has made the last one's score −∞, there is nothing to choose.
    private float Max()
    {
        float max = _list.Max(c => c.Score);
        return float.IsNegativeInfinity(max) ? throw new ArgumentException("no token is left") : max;
    }

    private void Filter(SamplerKind step)
    {
        switch (step)
        {
            case SamplerKind.TopK:
                if (options.TopK > 0 && options.TopK < _list.Count) _list = [.. Sorted().Take(options.TopK)];
                break;
            case SamplerKind.TopP when options.TopP < 1:
                Weights(out double total, out _);
                float max = Max();
                _list = Sorted();
                _list = [.. _list.Take(Reach([.. _list.Select(c => Weight(c.Score, max))], options.TopP * total))];
                break;
            case SamplerKind.MinP when options.MinP > 0:
                float least = Max() + ExactLog.Of((float)options.MinP);
                _list = [.. _list.Where(c => c.Score >= least)];
                break;
            case SamplerKind.Typical when options.Typical < 1:
                KeepTypical();
                break;
        }
    }

    private void KeepTypical()
    {
        float[] weights = Weights(out double total, out _), surprises = Surprises(total);
        float expected = (float)(Sum([.. surprises.Select((s, i) => weights[i] > 0 ? weights[i] * s : 0)], out _) / total);
        int[] order = [.. Enumerable.Range(0, _list.Count).OrderBy(i => MathF.Abs(surprises[i] - expected))];
        HashSet<int> kept = [.. order.Take(Reach([.. order.Select(i => weights[i])], options.Typical * total))];
        _list = [.. _list.Where((_, i) => kept.Contains(i))];
    }

    private void KeepUnsurprising()
    {
        Weights(out double total, out _);
        float[] surprises = Surprises(total);
        float most = _mu * 0.693147181f;
        List<(int Id, float Score)> kept = [.. _list.Where((_, i) => surprises[i] <= most)];
        _list = kept.Count > 0 ? kept : [Sorted()[0]];
    }

    private void Temper()
    {
        float best = Max(), temperature = Math.Max((float)options.Temperature, 1.17549435e-38f);
        if (options.Temperature != 1) _list = [.. _list.Select(c => (c.Id, (c.Score - best) / temperature))];
    }

    private void Penalise()
    {
        var counts = Recent(int.MaxValue).CountBy(id => id).ToDictionary();
        _list = [.. _list.Select(c => (c.Id, counts.TryGetValue(c.Id, out int times) ? Penalised(c.Score, times) : c.Score))];

        float Penalised(float score, int times)
        {
            float repeat = (float)options.RepeatPenalty;
            float repeated = score > 0 ? score / repeat : score * repeat;
            return repeated - ((float)options.PresencePenalty + (times * (float)options.FrequencyPenalty));
        }
    }

    private void Dry()
    {
        int[] text = Recent(4096);
        var longest = new Dictionary<int, int>();
        for (int i = 1; i < text.Length; i++)
        {
            // What stands before i, compared with the end.
            int length = 0;
            while (length < i && text[i - 1 - length] == text[^(1 + length)]) length++;
            longest[text[i]] = Math.Max(longest.GetValueOrDefault(text[i]), length);
        }

        if (options.DryMultiplier > 0) _list = [.. _list.Select(c => (c.Id, c.Score - Penalty(longest.GetValueOrDefault(c.Id))))];

        float Penalty(int length)
        {
            if (length < options.DryAllowedLength) return 0;
            float penalty = (float)options.DryMultiplier;
            for (int i = options.DryAllowedLength; i < length && penalty < 1e30f; i++) penalty *= (float)options.DryBase;
            return Math.Min(penalty, 1e30f);
        }
    }

    private int[] Recent(int most) =>
        [.. _text.TakeLast(Math.Min(most, options.RepeatLastN < 0 ? int.MaxValue : options.RepeatLastN))];

    private float[] Weights(out double total, out float[] lanes)
    {
        float max = Max();
        float[] weights = [.. _list.Select(c => Weight(c.Score, max))];
        total = Sum(weights, out lanes);
        return weights;
    }

    private float[] Surprises(double total)
    {
        float max = Max(), log = ExactLog.Of((float)total);
        return [.. _list.Select(c => log - (c.Score - max))];
    }

    private static float Weight(float score, float max) => score - max < -87 ? 0 : ExactMath<Simd1, float>.Exp(score - max);

    private static double Sum(float[] numbers, out float[] lanes)
    {
        lanes = new float[16];
        for (int i = 0; i < numbers.Length; i++) lanes[i % 16] += numbers[i];
        double sum = 0;
        foreach (float lane in lanes) sum += lane;
        return sum;
    }

    private static int Reach(float[] weights, double limit)
    {
        double sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            sum += weights[i];
            if (sum >= limit) return i + 1;
        }

        return weights.Length;
    }

    private static int Draw(float[] weights, float[] lanes, double target)
    {
        double before = 0;
        int lane = 0;
        for (; lane < 15 && before + lanes[lane] <= target; lane++) before += lanes[lane];
        float sum = 0;
        int last = lane;
        for (int i = lane; i < weights.Length; i += 16)
        {
            sum += weights[i];
            if (sum > target - before) return i;
            if (weights[i] > 0) last = i;
        }

        return last;
    }
}
