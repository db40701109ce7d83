// The figures that a pass over tokens adds up.

namespace GruLM.Model;

/// <summary>Sums over predicted tokens (targets that are not ignored). Immutable, and so safe for several threads.</summary>
/// <param name="Nll">Total negative log-likelihood in nats.</param>
/// <param name="Tokens">Predicted tokens.</param>
/// <param name="Correct">Of these, how many were the arg max.</param>
public readonly record struct LossSums(double Nll, long Tokens, long Correct)
{
    /// <summary>Mean negative log-likelihood in nats a token; NaN over no tokens.</summary>
    public double MeanNll => Nll / Tokens;

    /// <summary>exp(mean nll).</summary>
    public double Perplexity => Math.Exp(MeanNll);

    /// <summary>Share of predicted tokens that were the arg max.</summary>
    public double Accuracy => (double)Correct / Math.Max(Tokens, 1);

    /// <summary>Bits a byte over <paramref name="bytes"/> bytes of predicted text.</summary>
    public double BitsPerByte(long bytes) => Nll / Math.Log(2) / Math.Max(bytes, 1);

    /// <summary>Both sums together.</summary>
    public static LossSums operator +(LossSums a, LossSums b) => Add(a, b);

    /// <summary>Both sums together.</summary>
    public static LossSums Add(LossSums a, LossSums b) => new(a.Nll + b.Nll, a.Tokens + b.Tokens, a.Correct + b.Correct);
}
