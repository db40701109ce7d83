// What every optimizer can be told; each kind adds what it alone knows.

namespace GruLM.Model;

/// <summary>The constants of an update, and which one it is.</summary>
public abstract record OptimizerOptions
{
    /// <summary>The optimizer's name, in flags and in checkpoints.</summary>
    public abstract string Name { get; }

    /// <summary>Decoupled weight decay of matrices, in units of the learning rate.</summary>
    public double WeightDecay { get; init; }

    /// <summary>How much of the running average of the parameters an update keeps, shorter averages at the start; 0: none is
    /// kept.</summary>
    public double AverageDecay { get; init; }

    /// <summary>The optimizer, with no updates made, for parameters of <paramref name="config"/>.</summary>
    internal abstract Optimizer Create(GruConfig config);
}
