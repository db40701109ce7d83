// Repeat, presence and frequency penalties: how often each of the recent tokens occurs, and what that costs it.

namespace GruLM.Generation;

/// <summary>Counts recent tokens and lowers their scores. Memory is bounded by the window, or by the vocabulary where all tokens count as
/// recent. Not thread-safe.</summary>
internal sealed class TokenCounts
{
    private readonly float _repeat;
    private readonly float _presence;
    private readonly float _frequency;
    private readonly int _window;

    // How often each token occurs; the tokens in their order, which is not needed where none is forgotten.
    private readonly Dictionary<int, int> _counts;
    private readonly Queue<int> _recent;

    public TokenCounts(SamplingOptions options)
    {
        (_repeat, _presence) = ((float)options.RepeatPenalty, (float)options.PresencePenalty);
        (_frequency, _window) = ((float)options.FrequencyPenalty, options.RepeatLastN);
        (_counts, _recent) = ([], []);
    }

    private TokenCounts(TokenCounts other)
    {
        (_repeat, _presence, _frequency, _window) = (other._repeat, other._presence, other._frequency, other._window);
        (_counts, _recent) = (new(other._counts), new(other._recent));
    }

    /// <summary>Whether these settings ask for what was said.</summary>
    public static bool AreOn(SamplingOptions options) =>
        options is not { RepeatPenalty: 1, PresencePenalty: 0, FrequencyPenalty: 0 } && options.RepeatLastN != 0
        && options.Samplers.Contains(SamplerKind.Penalties);

    /// <summary>How many tokens' scores are changed.</summary>
    public int Count => _counts.Count;

    /// <summary>Whether a change may be for the better.</summary>
    public bool MayRaise => !(_repeat >= 1 && _presence >= 0 && _frequency >= 0);

    /// <summary>Another one with the same memory.</summary>
    public TokenCounts Clone() => new(this);

    public void Accept(int id)
    {
        _counts[id] = _counts.GetValueOrDefault(id) + 1;
        if (_window < 0) return;
        _recent.Enqueue(id);
        if (_recent.Count <= _window) return;
        int forgotten = _recent.Dequeue();
        if (--_counts[forgotten] == 0) _counts.Remove(forgotten);
    }

    public void Reset()
    {
        _counts.Clear();
        _recent.Clear();
    }

    public void Apply(Candidates list)
    {
        if (list.IsWhole)
        {
            foreach ((int id, int times) in _counts)
            {
                if ((uint)id < (uint)list.Count) Lower(ref list.Scores[id], times);
            }
        }
        else
        {
            for (int i = 0; i < list.Count; i++)
            {
                if (_counts.TryGetValue(list.Id(i), out int times)) Lower(ref list.Scores[i], times);
            }
        }

        list.Disturb();
    }

    private void Lower(ref float score, int times)
    {
        float repeated = score > 0 ? score / _repeat : score * _repeat;
        score = repeated - (_presence + (times * _frequency));
    }
}
