// The shapes that a learning rate can have over a run.

namespace GruLM.Training;

/// <summary>How the learning rate falls after the warm-up.</summary>
public enum ScheduleKind
{
    /// <summary>Half a cosine down to the minimum (Loshchilov and Hutter 2017).</summary>
    Cosine,

    /// <summary>A straight line down to the minimum.</summary>
    Linear,

    /// <summary>Warm-up, stable, decay: constant until the last fifth, then a straight line to the minimum (Hu et al. 2024).</summary>
    Wsd,

    /// <summary>Does not fall.</summary>
    Constant,

    /// <summary>Is cut whenever the held-out figure stands still (<see cref="TrainingOptions.PlateauPatience"/>), whatever the number of
    /// steps.</summary>
    Plateau,
}
