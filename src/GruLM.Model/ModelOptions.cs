// What a model is told once, when it is made. Its sizes are its parameters' (GruConfig.cs).

namespace GruLM.Model;

/// <summary>How a model is trained. Immutable, and so safe for several threads.</summary>
public sealed record ModelOptions
{
    /// <summary>The optimizer and its constants.</summary>
    public OptimizerOptions Optimizer { get; init; } = new AdamWOptions();

    /// <summary>What holds the model back from learning its text by heart.</summary>
    public Regularisation Regularisation { get; init; } = new();

    /// <summary>What the model is trained on; written to config.json.</summary>
    public SampleKind Samples { get; init; }

    /// <summary>Decides the starting values of a new model, and dropout. The same seed, 0 unless said otherwise, gives the same
    /// model.</summary>
    public ulong Seed { get; init; }

    /// <summary>Throws <see cref="ArgumentException"/>, naming the property, when a value is out of range.</summary>
    public void Validate()
    {
        Optimizer.Validate();
        Regularisation.Validate();
        if (!Enum.IsDefined(Samples)) throw new ArgumentException($"'Samples' is {Samples}; it must be Stream or Lines");
    }

    internal static ModelOptions Of(OptimizerOptions? optimizer, ulong seed) =>
        optimizer is null ? new ModelOptions { Seed = seed } : new ModelOptions { Optimizer = optimizer, Seed = seed };
}
