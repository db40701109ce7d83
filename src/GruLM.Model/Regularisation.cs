// What holds a model back from learning its text by heart, besides weight decay and dropout between layers (GruConfig.Dropout): the set
// that AWD-LSTM showed to matter for recurrent models (Merity, Keskar and Socher 2017, arXiv 1708.02182). All of it acts while training
// only and none of it is part of the model. Masks are a function of seed and step.

namespace GruLM.Model;

/// <summary>How training is regularised. Everything is off by default. Immutable, and so safe for several threads.</summary>
public sealed record Regularisation
{
    private const double MostPenalty = 1e6;

    /// <summary>Whether dropout between layers draws one mask for all steps of a window (Gal and Ghahramani 2016) instead of one a
    /// step.</summary>
    public bool LockedDropout { get; init; }

    /// <summary>Share of the embedding's outputs dropped on their way to the first layer, one mask for all steps of a window.</summary>
    public double InputDropout { get; init; }

    /// <summary>Share of the last layer's outputs dropped on their way to the output layer, one mask for all steps of a window.</summary>
    public double OutputDropout { get; init; }

    /// <summary>Share of the vocabulary whose embeddings are zero for a step, wherever they stand in its inputs.</summary>
    public double EmbeddingDropout { get; init; }

    /// <summary>Share of the recurrent weights that are zero for a step (DropConnect, Wan et al. 2013).</summary>
    public double RecurrentDropout { get; init; }

    /// <summary>AR: factor of the mean square of the outputs that reach the output layer, added to the loss.</summary>
    public double ActivationPenalty { get; init; }

    /// <summary>TAR: factor of the mean square of the change of the last layer's outputs from step to step, added to the loss.</summary>
    public double SlownessPenalty { get; init; }

    /// <summary>Throws <see cref="ArgumentException"/>, naming the property, when a value is out of range.</summary>
    public void Validate()
    {
        Setting.Share(InputDropout, nameof(InputDropout));
        Setting.Share(OutputDropout, nameof(OutputDropout));
        Setting.Share(EmbeddingDropout, nameof(EmbeddingDropout));
        Setting.Share(RecurrentDropout, nameof(RecurrentDropout));
        Setting.InRange(ActivationPenalty, 0, MostPenalty, nameof(ActivationPenalty));
        Setting.InRange(SlownessPenalty, 0, MostPenalty, nameof(SlownessPenalty));
    }
}
