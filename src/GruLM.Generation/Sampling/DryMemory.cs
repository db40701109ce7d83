// DRY, "don't repeat yourself": a token that would go on with a repetition of what was said is punished the more, the longer the repetition
// is already.
// Source: the sampler of text-generation-webui and llama.cpp (p-e-w, 2024), without its breakers; the lengths are those of the Z algorithm
// (Gusfield 1997).

namespace GruLM.Generation;

/// <summary>The tokens in which repetitions are looked for. Not thread-safe.</summary>
internal sealed class DryMemory
{
    // A token's cost grows with the window.
    private const int LongestWindow = 4096;
    private const float MostPenalty = 1e30f;

    private readonly float _multiplier;
    private readonly float _base;
    private readonly int _allowed;

    // The tokens as a ring: so many, the newest before the next.
    private readonly int[] _ring;
    private readonly int[] _lengths;
    private readonly int[] _newestFirst;
    private readonly Dictionary<int, int> _longest = [];
    private int _count;
    private int _next;

    public DryMemory(SamplingOptions options)
    {
        (_multiplier, _base, _allowed) = ((float)options.DryMultiplier, (float)options.DryBase, options.DryAllowedLength);
        int window = options.RepeatLastN < 0 ? LongestWindow : Math.Min(options.RepeatLastN, LongestWindow);
        (_ring, _lengths, _newestFirst) = (new int[window], new int[window], new int[window]);
    }

    private DryMemory(DryMemory other)
    {
        (_multiplier, _base, _allowed) = (other._multiplier, other._base, other._allowed);
        (_ring, _lengths, _newestFirst) = ([.. other._ring], new int[other._ring.Length], new int[other._ring.Length]);
        (_count, _next) = (other._count, other._next);
    }

    /// <summary>Whether these settings ask for what was said.</summary>
    public static bool IsOn(SamplingOptions options) =>
        options.DryMultiplier > 0 && options.RepeatLastN != 0 && options.Samplers.Contains(SamplerKind.Dry);

    /// <summary>Another one with the same memory.</summary>
    public DryMemory Clone() => new(this);

    public void Accept(int id)
    {
        _ring[_next] = id;
        _next = _next + 1 == _ring.Length ? 0 : _next + 1;
        _count = Math.Min(_count + 1, _ring.Length);
    }

    public void Reset() => (_count, _next) = (0, 0);

    public void Apply(Candidates list)
    {
        FindRepetitions();
        if (_longest.Count == 0) return;
        if (list.IsWhole)
        {
            foreach ((int id, int length) in _longest)
            {
                if ((uint)id < (uint)list.Count) list.Scores[id] -= Penalty(length);
            }
        }
        else
        {
            for (int i = 0; i < list.Count; i++)
            {
                if (_longest.TryGetValue(list.Id(i), out int length)) list.Scores[i] -= Penalty(length);
            }
        }

        list.Disturb();
    }

    // For each token that once followed what the text now ends with: over how many tokens that was the same, at most.
    private void FindRepetitions()
    {
        _longest.Clear();
        if (_count <= _allowed) return;
        int[] text = _newestFirst;
        for (int i = 0, at = _next; i < _count; i++)
        {
            at = at == 0 ? _ring.Length - 1 : at - 1;
            text[i] = _ring[at];
        }

        // lengths[i]: for how many tokens the text, read backwards, agrees with itself i tokens earlier. What lies between start and end
        // agrees with the text's beginning, so that most lengths are known from there.
        for (int i = 1, start = 0, end = 0; i < _count; i++)
        {
            int length = i < end ? Math.Min(_lengths[i - start], end - i) : 0;
            while (i + length < _count && text[length] == text[i + length]) length++;
            if (i + length > end) (start, end) = (i, i + length);
            _lengths[i] = length;
            if (length < _allowed) continue;
            int followed = text[i - 1];
            if (length > _longest.GetValueOrDefault(followed)) _longest[followed] = length;
        }
    }

    private float Penalty(int length)
    {
        float penalty = _multiplier;
        for (int i = _allowed; i < length && penalty < MostPenalty; i++) penalty *= _base;
        return Math.Min(penalty, MostPenalty);
    }
}
