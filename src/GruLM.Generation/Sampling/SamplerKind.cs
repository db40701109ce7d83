// The steps that choose among the next tokens, under llama.cpp's names.

namespace GruLM.Generation;

/// <summary>A step of the chain that turns scores into a choice.</summary>
public enum SamplerKind
{
    /// <summary>Repeat, presence and frequency penalties.</summary>
    Penalties,

    /// <summary>Punish tokens that would go on with a repetition.</summary>
    Dry,

    /// <summary>Keep the k likeliest.</summary>
    TopK,

    /// <summary>Keep those whose surprise is nearest to the expected (Meister et al. 2022).</summary>
    Typical,

    /// <summary>Keep the smallest set that holds probability p (Holtzman et al. 2020).</summary>
    TopP,

    /// <summary>Keep those at least p times as likely as the likeliest (Nguyen et al. 2024).</summary>
    MinP,

    /// <summary>Divide the scores by the temperature.</summary>
    Temperature,
}
