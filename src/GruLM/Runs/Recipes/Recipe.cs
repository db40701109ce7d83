// A recipe: settings that were found to work well together, by name.

namespace GruLM;

/// <summary>Named settings to begin with. Immutable, safe for several threads.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for, in a few words.</param>
/// <param name="Settings">The settings; what a recipe says nothing about has its default.</param>
public sealed record Recipe(string Name, string Description, TrainingSettings Settings)
{
    /// <summary>The settings for so many minutes, whatever length the recipe has itself; its epochs stay the most that are made.</summary>
    public TrainingSettings ForMinutes(double minutes) => Settings with { Minutes = minutes, MaxSteps = 0 };
}
