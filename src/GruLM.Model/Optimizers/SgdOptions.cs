// What gradient descent with momentum can be told. The update itself is in Sgd.cs.

namespace GruLM.Model;

/// <summary>The constants of gradient descent with momentum. Weight decay is 0 unless given: it is in units of a learning rate far larger
/// than AdamW's. Immutable, and so safe for several threads.</summary>
public sealed record SgdOptions : OptimizerOptions
{
    /// <inheritdoc/>
    public override string Name => "sgd";

    /// <summary>How much of the momentum an update keeps, μ; 0: plain gradient descent.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Setting.Share(Momentum, nameof(Momentum));
    }

    /// <inheritdoc/>
    internal override Optimizer Create(GruConfig config) => new Sgd(config, this);
}
