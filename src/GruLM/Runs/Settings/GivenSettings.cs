// Settings that somebody gave, on a command line or in a file, apart from all that was left to its default: they are put on top of a
// recipe, and whether something was given decides what may be chosen for the user.

namespace GruLM;

/// <summary>Settings that were given, in the order in which they were. Not thread-safe.</summary>
public sealed class GivenSettings
{
    private static readonly string[] s_length =
        [nameof(TrainingSettings.Epochs), nameof(TrainingSettings.MaxSteps), nameof(TrainingSettings.Minutes)];

    private readonly List<(Setting Setting, Func<TrainingSettings, TrainingSettings> Put)> _given = [];

    /// <summary>The settings that were given.</summary>
    public IEnumerable<Setting> All => _given.Select(given => given.Setting);

    /// <summary>Whether a setting says how long a run is.</summary>
    public static bool IsLength(Setting setting) => s_length.Contains(setting.Property);

    /// <summary>Adds one; <paramref name="put"/> comes from <see cref="Setting.Parse"/> or <see cref="Setting.Read"/>. What is added later
    /// wins.</summary>
    public void Add(Setting setting, Func<TrainingSettings, TrainingSettings> put) => _given.Add((setting, put));

    /// <summary>Adds all of <paramref name="others"/>, which win.</summary>
    public void Add(GivenSettings others) => _given.AddRange(others._given);

    /// <summary>Whether the setting of that property was given.</summary>
    public bool Has(string property) => _given.Any(given => given.Setting.Property == property);

    /// <summary>Whether a recipe can be chosen for what was given: nothing of it is what recipes decide, and no model is there to start
    /// from.</summary>
    public bool LeavesRecipeOpen => !RecipeChoice.IsDecided(this) && !Has(nameof(TrainingSettings.InitFrom));

    /// <summary>What was given, on top of <paramref name="basis"/>. Tied weights need embeddings as long as layers are wide; where only one
    /// of the two sizes was given the other follows it.</summary>
    public TrainingSettings On(TrainingSettings basis)
    {
        TrainingSettings settings = _given.Aggregate(basis, (settings, given) => given.Put(settings));
        bool hasHidden = Has(nameof(settings.HiddenDim)), hasEmbedding = Has(nameof(settings.EmbeddingDim));
        if (!settings.TieWeights || hasHidden == hasEmbedding) return settings;
        return hasHidden
            ? settings with { EmbeddingDim = settings.HiddenDim }
            : settings with { HiddenDim = settings.EmbeddingDim };
    }

    /// <summary>What was given, on top of a recipe. How long a run is counts as one setting, whichever says it; but minutes that are given
    /// leave the recipe's epochs as the most that are made, since more of them make its model worse.</summary>
    public TrainingSettings On(Recipe recipe)
    {
        var none = new TrainingSettings();
        bool hasMinutes = Has(nameof(none.Minutes));
        TrainingSettings basis = hasMinutes ? recipe.ForMinutes(On(none).Minutes ?? 0) : recipe.Settings;
        if (Has(nameof(basis.Epochs)) || Has(nameof(basis.MaxSteps)))
        {
            basis = basis with { Epochs = none.Epochs, MaxSteps = none.MaxSteps, Minutes = none.Minutes };
        }

        return On(basis);
    }
}
