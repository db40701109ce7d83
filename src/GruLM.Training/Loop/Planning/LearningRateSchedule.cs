// The learning rate of each step: a linear warm-up, then one of the usual falls. A pure function of the step and, for the plateau, of how
// often it was cut.

namespace GruLM.Training;

/// <summary>A schedule over a known number of steps.</summary>
/// <param name="Kind">How it falls.</param>
/// <param name="Peak">Highest rate.</param>
/// <param name="Minimum">Rate at the end, and lowest after cuts.</param>
/// <param name="Warmup">Steps of rising.</param>
/// <param name="Total">Steps in all.</param>
public sealed record LearningRateSchedule(ScheduleKind Kind, double Peak, double Minimum, long Warmup, long Total)
{
    private const double StableShare = 0.8;

    /// <summary>What a cut multiplies the rate by.</summary>
    public double CutFactor { get; init; } = 1;

    // A run shorter than its warm-up would never reach the peak; a tenth of it is warm-up enough.
    private long RisingSteps => Math.Min(Warmup, Total / 10);

    /// <summary>Whether the rate still rises at step <paramref name="step"/>.</summary>
    public bool Rises(long step) => step < RisingSteps;

    /// <summary>The rate of step <paramref name="step"/>, counted from 0, after so many <paramref name="cuts"/>.</summary>
    public double At(long step, int cuts = 0)
    {
        long warmup = RisingSteps;
        if (step < warmup) return Peak * (step + 1) / (warmup + 1);
        if (cuts > 0) return Math.Max(Minimum, Peak * Math.Pow(CutFactor, cuts));
        double progress = Math.Clamp((double)(step - warmup) / Math.Max(1, Total - warmup), 0, 1);
        double fall = Kind switch
        {
            ScheduleKind.Cosine => 0.5 * (1 + Math.Cos(Math.PI * progress)),
            ScheduleKind.Linear => 1 - progress,
            ScheduleKind.Wsd => Math.Min(1, (1 - progress) / (1 - StableShare)),
            _ => 1,
        };
        return Minimum + ((Peak - Minimum) * fall);
    }
}
