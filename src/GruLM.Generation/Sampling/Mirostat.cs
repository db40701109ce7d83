// Mirostat 2: candidates that would surprise more than a bound are left out, and after each draw the bound is moved so that texts keep the
// surprise asked for.
// Source: Basu et al., "Mirostat: A Neural Text Decoding Algorithm that Directly Controls Perplexity", ICLR 2021, algorithm 2.

namespace GruLM.Generation;

/// <summary>The bound of mirostat, in bits. Not thread-safe.</summary>
internal sealed class Mirostat(SamplingOptions options)
{
    private const float BitsPerNat = 1.44269504f, NatsPerBit = 0.693147181f;
    private readonly float _target = (float)options.MirostatEnt;
    private readonly float _rate = (float)options.MirostatLr;

    /// <summary>The largest surprise of a candidate, in bits.</summary>
    public float Bound { get; set; } = 2 * (float)options.MirostatEnt;

    /// <summary>Another one with the same bound.</summary>
    public Mirostat Clone() => (Mirostat)MemberwiseClone();

    public void Reset() => Bound = 2 * _target;

    /// <summary>Leaves out what would surprise too much.</summary>
    public void Apply(Candidates list) => list.KeepUnsurprising(Bound * NatsPerBit);

    /// <summary>Learns which candidate was drawn, after <see cref="Candidates.Weigh"/>.</summary>
    public void Observe(Candidates list, int place)
    {
        float surprise = list.Surprise(place) * BitsPerNat;
        Bound -= _rate * (surprise - _target);
    }
}
