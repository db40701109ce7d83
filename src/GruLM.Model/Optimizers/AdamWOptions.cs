// What AdamW can be told. The update itself is in AdamW.cs.

namespace GruLM.Model;

/// <summary>AdamW's constants.</summary>
public record AdamWOptions : OptimizerOptions
{
    /// <summary>AdamW's usual constants.</summary>
    public AdamWOptions() => WeightDecay = 0.05;

    /// <inheritdoc/>
    public override string Name => "adamw";

    /// <summary>Decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.99;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <inheritdoc/>
    internal override Optimizer Create(GruConfig config) => new AdamW(config, this);
}
