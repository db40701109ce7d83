// What Muon can be told. The update itself is in Muon.cs.

namespace GruLM.Model;

/// <summary>Muon's constants, and those of AdamW for what is not a GRU matrix. Immutable, and so safe for several threads.</summary>
public sealed record MuonOptions : AdamWOptions
{
    /// <inheritdoc/>
    public override string Name => "muon";

    /// <summary>How much of the momentum an update keeps.</summary>
    public double Momentum { get; init; } = 0.95;

    /// <summary>The learning rate of the GRU's matrices, in multiples of that of the rest.</summary>
    public double RateFactor { get; init; } = 10;

    /// <summary>A matrix moves on every so many updates, as far as on all of them together.</summary>
    public int Every { get; init; } = 4;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Setting.Share(Momentum, nameof(Momentum));
        Setting.Check(RateFactor is > 0 and <= 1e6, nameof(RateFactor), RateFactor, "above 0 and at most 1000000");
        Setting.InRange(Every, 1, 1000, nameof(Every));
    }

    /// <inheritdoc/>
    internal override Optimizer Create(GruConfig config) => new Muon(config, this);
}
