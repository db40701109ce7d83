// A recipe: settings that were found to work well together, by name.

namespace GruLM;

/// <summary>Named settings to begin with. Immutable, safe for several threads.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for, in a few words.</param>
/// <param name="Settings">The settings; what a recipe says nothing about has its default.</param>
public sealed record Recipe(string Name, string Description, TrainingSettings Settings)
{
    /// <summary>What is better in long runs, which read the same text more often; null where nothing is.</summary>
    public TrainingSettings? LongSettings { get; init; }

    /// <summary>From how many minutes on <see cref="LongSettings"/> are taken, where there are any.</summary>
    public double LongFrom { get; init; }

    /// <summary>The settings for so many minutes, whatever length the recipe has itself; its epochs stay the most that are made.</summary>
    public TrainingSettings ForMinutes(double minutes) =>
        (minutes >= LongFrom && LongSettings is { } settings ? settings : Settings) with { Minutes = minutes, MaxSteps = 0 };
}
