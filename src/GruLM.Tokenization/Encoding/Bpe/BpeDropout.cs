// Random cuts of a BPE model: merges that are left out now and then.
// Source: Provilkov et al. 2020 (BPE-dropout).
namespace GruLM.Tokenization;

/// <summary>Skips merges at random.</summary>
/// <param name="Alpha">The probability with which a merge that is found still valid is skipped.</param>
/// <param name="Random">Where the draws come from; none is made where the probability is 0 or 1.</param>
internal sealed record BpeDropout(float Alpha, MersenneTwister Random)
{
    /// <summary>Draws whether the next merge is skipped.</summary>
    public bool Skips() => Alpha >= 1 || (Alpha > 0 && Random.NextDouble() < Alpha);
}
