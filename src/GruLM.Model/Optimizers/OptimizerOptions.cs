// What every optimizer can be told; each kind adds what it alone knows.

namespace GruLM.Model;

/// <summary>The constants of an update, and which one it is: <see cref="AdamWOptions"/>, <see cref="SgdOptions"/> or
/// <see cref="MuonOptions"/>. Immutable, and so safe for several threads.</summary>
public abstract record OptimizerOptions
{
    /// <summary>The optimizer's name, in checkpoints.</summary>
    public abstract string Name { get; }

    /// <summary>Decoupled weight decay of matrices, in units of the learning rate.</summary>
    public double WeightDecay { get; init; }

    /// <summary>How much of the running average of the parameters an update keeps, shorter averages at the start; 0: none is
    /// kept.</summary>
    public double AverageDecay { get; init; }

    /// <summary>Throws <see cref="ArgumentException"/>, naming the property, when a value is out of range.</summary>
    public virtual void Validate()
    {
        Setting.InRange(WeightDecay, 0, 10, nameof(WeightDecay));
        Setting.Share(AverageDecay, nameof(AverageDecay));
    }

    /// <summary>The optimizer, with no updates made, for parameters of <paramref name="config"/>.</summary>
    internal abstract Optimizer Create(GruConfig config);
}
