// What AdamW can be told. The update itself is in AdamW.cs.

namespace GruLM.Model;

/// <summary>AdamW's constants. Immutable, and so safe for several threads.</summary>
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
    public override void Validate()
    {
        base.Validate();
        Setting.Share(Beta1, nameof(Beta1));
        Setting.Share(Beta2, nameof(Beta2));
        Setting.Check(Epsilon is > 0 and <= 1, nameof(Epsilon), Epsilon, "above 0 and at most 1");
    }

    /// <inheritdoc/>
    internal override Optimizer Create(GruConfig config) => new AdamW(config, this);
}
