// Chooses the next token from scores: a chain of steps over a list of candidates, then one draw. The draw for token number i depends on the
// seed and i alone, and every step has the same bits on all machines; docs/sampling.md defines them one operation at a time.

using GruLM.Kernels;

namespace GruLM.Generation;

/// <summary>Chooses tokens by <see cref="SamplingOptions"/>, the same ones on every machine. No allocation once its thread has seen a
/// vocabulary of that size. Not thread-safe: one a text.</summary>
public sealed class Sampler
{
    private readonly SamplingOptions _options;
    private readonly SamplerKind[] _chain;
    private readonly KeyValuePair<int, float>[] _biases;
    private readonly Philox _random;
    private readonly KernelPath _path;
    private readonly float _temperature;
    private readonly float _minP;
    private readonly int _best;

    // What the steps remember of the text; null where a step is off.
    private readonly TokenCounts? _counts;
    private readonly DryMemory? _dry;
    private readonly Mirostat? _mirostat;

    /// <summary>A sampler; throws <see cref="ArgumentException"/> for settings that make no sense.</summary>
    public Sampler(SamplingOptions options)
        : this(options, KernelChoice.Default())
    {
    }

    internal Sampler(SamplingOptions options, KernelPath path)
    {
        const float SmallestNormal = 1.17549435e-38f;
        options.Validate();
        (_options, _path) = (options, path);
        _chain = [.. options.Samplers.Where(Acts)];
        _biases = [.. options.LogitBias];
        _random = new Philox(options.Seed, RandomPurpose.Sampling);
        _temperature = Math.Max((float)options.Temperature, SmallestNormal);
        _minP = ExactLog.Of((float)options.MinP);
        _counts = TokenCounts.AreOn(options) ? new(options) : null;
        _dry = DryMemory.IsOn(options) ? new(options) : null;
        _mirostat = options.Mirostat != 0 && options.Temperature > 0 ? new(options) : null;
        _best = Best();
    }

    private Sampler(Sampler other)
    {
        (_options, _chain, _biases, _random, _path) = (other._options, other._chain, other._biases, other._random, other._path);
        (_temperature, _minP, _best, Drawn) = (other._temperature, other._minP, other._best, other.Drawn);
        (_counts, _dry, _mirostat) = (other._counts?.Clone(), other._dry?.Clone(), other._mirostat?.Clone());
    }

    /// <summary>Draws made so far: the number of the next one. It is set where a text is gone on with.</summary>
    public ulong Drawn { get; set; }

    /// <summary>The bound of mirostat in bits; null where it is off, which setting it does not change. It is set where a text is gone on
    /// with.</summary>
    public float? MirostatBound
    {
        get => _mirostat?.Bound;
        set
        {
            if (_mirostat is not null && value is { } bound) _mirostat.Bound = bound;
        }
    }

    /// <summary>Another sampler that goes on as this one would: with its settings, its memory of the text and its place in the draws. The
    /// two share nothing that changes, so that each may have its own thread.</summary>
    public Sampler Clone() => new(this);

    /// <summary>Tells penalties and DRY of a token that was read or chosen.</summary>
    public void Accept(int id)
    {
        _counts?.Accept(id);
        _dry?.Accept(id);
    }

    /// <summary>Forgets the tokens accepted so far, and what mirostat has learned, and starts the draws anew.</summary>
    public void Reset()
    {
        _counts?.Reset();
        _dry?.Reset();
        _mirostat?.Reset();
        Drawn = 0;
    }

    /// <summary>How many of the best scores the next choice depends on, where so many ids are forbidden and none has to be allowed; 0: on
    /// all of them. With as many, <see cref="IDecodingSession.BestLogits"/> gives the token that all scores give.</summary>
    public int BestNeeded(int forbidden = 0) => _best == 0 ? 0 : _best + forbidden + (_counts?.Count ?? 0);

    /// <summary>The next token for <paramref name="logits"/> [V]; the ids in <paramref name="forbidden"/> are never chosen, and those
    /// outside the vocabulary are passed over. Where <paramref name="allowed"/> is not empty, only tokens are chosen whose bit in it is
    /// set: token i is bit i % 64 of word i / 64. Among them probabilities keep their ratios. Throws <see cref="InvalidDataException"/>
    /// when a score is NaN or positive infinity, and <see cref="ArgumentException"/> when there is no score, every token is forbidden,
    /// there are fewer bits than scores, or there is a bias for a token that has no score.</summary>
    public int Sample(ReadOnlySpan<float> logits, ReadOnlySpan<int> forbidden = default, ReadOnlySpan<ulong> allowed = default)
    {
        if (logits.IsEmpty) throw new ArgumentException("there are no scores to choose by", nameof(logits));
        if (!allowed.IsEmpty && allowed.Length < (logits.Length + 63) / 64)
        {
            throw new ArgumentException($"{64 * allowed.Length} bits are too few for {logits.Length} tokens", nameof(allowed));
        }

        var list = Candidates.OfThread(_path);
        list.Load(logits);
        if (!allowed.IsEmpty) list.Allow(allowed);
        Adjust(list, forbidden);
        foreach (SamplerKind step in _chain) Apply(step, list);
        return _options.Temperature == 0 ? list.Likeliest() : Draw(list);
    }

    // How many of the best there must be, and one for each score that is lowered, whose place another takes; 0 where that is not enough.
    private int Best()
    {
        bool mayRise = _biases.Any(bias => bias.Value > 0) || _counts is { MayRaise: true };
        if (_mirostat is not null || _dry is not null || mayRise) return 0;
        if (_options.Temperature == 0) return 1 + _biases.Length;
        SamplerKind first = _chain.FirstOrDefault(step => step != SamplerKind.Penalties, SamplerKind.Temperature);
        return first == SamplerKind.TopK ? _options.TopK + _biases.Length : 0;
    }

    // At temperature 0 the best is taken, and only penalties have a say in which one that is; mirostat does what the filters would.
    private bool Acts(SamplerKind step) => step switch
    {
        SamplerKind.Penalties => TokenCounts.AreOn(_options),
        SamplerKind.Dry => DryMemory.IsOn(_options),
        _ when _options.Temperature == 0 => false,
        SamplerKind.Temperature => _options.Temperature != 1,
        _ when _options.Mirostat != 0 => false,
        SamplerKind.TopK => _options.TopK > 0,
        SamplerKind.Typical => _options.Typical < 1,
        SamplerKind.TopP => _options.TopP < 1,
        _ => _options.MinP > 0,
    };

    private int Draw(Candidates list)
    {
        _mirostat?.Apply(list);
        list.Weigh();
        int place = list.Draw(_random.Uniform(Drawn++, 0));
        _mirostat?.Observe(list, place);
        return list.Id(place);
    }

    private void Adjust(Candidates list, ReadOnlySpan<int> forbidden)
    {
        foreach ((int id, float bias) in _biases)
        {
            if ((uint)id >= (uint)list.Count) _options.CheckTokens(list.Count);
            list.Scores[id] += bias;
        }

        foreach (int id in forbidden)
        {
            if ((uint)id < (uint)list.Count) list.Scores[id] = float.NegativeInfinity;
        }
    }

    private void Apply(SamplerKind step, Candidates list)
    {
        switch (step)
        {
            case SamplerKind.Penalties:
                _counts!.Apply(list);
                break;
            case SamplerKind.Dry:
                _dry!.Apply(list);
                break;
            case SamplerKind.TopK:
                if (_options.TopK < list.Count) list.KeepBest(_options.TopK);
                break;
            case SamplerKind.Typical:
                list.KeepTypical(_options.Typical);
                break;
            case SamplerKind.TopP:
                list.KeepShare(_options.TopP);
                break;
            case SamplerKind.MinP:
                list.KeepFrom(list.Max() + _minP);
                break;
            case SamplerKind.Temperature:
                list.Divide(_temperature);
                break;
        }
    }
}
