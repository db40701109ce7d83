// Which recipe a run is made by when nobody says: the one of those for its text (RecipeLadder.cs) that needs most time and still reads
// enough in the time that there is. How fast it reads is measured here, on made-up tokens.

using GruLM.Generation;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>Chooses recipes. Safe for several threads.</summary>
internal static class RecipeChoice
{
    // A run that was given no time takes no longer than this.
    private const double MostMinutesByItself = 20;

    // Evaluations without a better figure after which learning has passed its best.
    private const int UsualPatience = 5;

    private const double SecondsToMeasure = 0.5;

    // What a default tokenizer has besides the text's characters: bytes, special pieces, markers.
    private const int PiecesBesides = 264;

    // What may be given beside a choice, and restricts it.
    private static readonly string[] s_given = [nameof(TrainingSettings.ModelType), nameof(TrainingSettings.VocabSize)];

    // What recipes decide besides the tokenizer and the length.
    private static readonly Setting[] s_decided =
    [
        .. SettingsTable.All
            .Where(setting => !s_given.Contains(setting.Property) && !GivenSettings.IsLength(setting))
            .Where(setting => Recipes.All.Any(recipe => setting.Text(recipe.Settings) != setting.Text(new TrainingSettings()))),
    ];

    /// <summary>Whether something that recipes decide was given.</summary>
    public static bool IsDecided(GivenSettings given) => s_decided.Any(setting => given.Has(setting.Property));

    /// <summary>The recipe for a text, and the settings that come of it; what was <paramref name="told"/> of data, length and the rest
    /// stays. Takes a second or so.</summary>
    public static (Recipe Recipe, TrainingSettings Settings) Choose(TrainingSettings told, TextProfile text)
    {
        Tokenizer? tokenizer = told.Tokenizer is { } given ? Tokenizer.Load(ModelFolder.TokenizerPath(given)) : null;
        RecipeStep[] steps = RecipeLadder.For(text, Kind(told, tokenizer));
        double seconds = 60 * (told.Minutes ?? MostMinutesByItself);
        (RecipeStep step, double speed) = steps
            .Select(step => (Step: step, Speed: TokensPerSecond(step.Recipe, tokenizer?.VocabSize ?? Pieces(told, step, text), told)))
            .First(measured => ReadsEnough(measured.Step, text, seconds * measured.Speed));
        bool isLengthOpen = told is { Minutes: null, Epochs: null, MaxSteps: 0 };
        bool isTooLong = step.Passes * RecipeLadder.Tokens(step, text) > seconds * speed;
        Recipe recipe = step.Recipe;
        TrainingSettings chosen = s_decided.Aggregate(told, (settings, setting) => setting.Copy(recipe.Settings, settings));

        // Facts are learned by heart, which no held-out figure shows.
        bool judges = (told.ValData is not null || told.ValFraction > 0) && recipe != Recipes.Answers;
        return (recipe, chosen with
        {
            ChooseRecipe = false,
            ModelType = recipe.Settings.ModelType,
            VocabSize = told.VocabSize ?? (HoldsCharacters(recipe, text) ? recipe.Settings.VocabSize : null),
            VocabSizeOfRecipe = told.VocabSize is null ? recipe.Settings.VocabSize : null,
            Epochs = told.Epochs ?? (told.MaxSteps > 0 ? null : step.Passes),
            Minutes = isLengthOpen && isTooLong ? MostMinutesByItself : told.Minutes,
            Patience = told.Patience ?? (judges ? UsualPatience : null),
        });
    }

    // A tokenizer that is given has a kind.
    private static ModelType? Kind(TrainingSettings told, Tokenizer? tokenizer)
    {
        if (tokenizer is null) return told.ModelType ?? (told.VocabSize is null ? null : ModelType.Bpe);
        return tokenizer.Model.ModelType == ModelType.Char ? ModelType.Char : ModelType.Bpe;
    }

    // About how many the tokenizer will have: the bytes and markers, each character, and the merges.
    private static int Pieces(TrainingSettings told, RecipeStep step, TextProfile text)
    {
        int needed = PiecesBesides + text.Alphabet;
        if (step.Recipe.Settings.ModelType == ModelType.Char) return needed;
        int wanted = told.VocabSize ?? step.Recipe.Settings.VocabSize ?? DefaultTokenizer.DefaultVocabSize;
        return needed > wanted && told.VocabSize is null ? needed + wanted : wanted;
    }

    // Whether characters leave most of a recipe's vocabulary to merges; where none is given, it grows with them.
    private static bool HoldsCharacters(Recipe recipe, TextProfile text) =>
        2 * (PiecesBesides + text.Alphabet) <= recipe.Settings.VocabSize;

    private static bool ReadsEnough(RecipeStep step, TextProfile text, double tokens) =>
        tokens >= Math.Min(step.LeastRead, step.Passes * RecipeLadder.Tokens(step, text));

    // On the device that the run was told, which may depend on the sizes.
    private static double TokensPerSecond(Recipe recipe, int pieces, TrainingSettings told)
    {
        TrainingSettings settings = recipe.Settings;
        GruConfig config = StartingModel.Sizes(SettingsDecided.Options(settings)) with { VocabSize = pieces };
        using IDevice device = Devices.Open(told.Device, new DeviceOptions(told.Threads ?? 0, told.Precision), config);
        var options = new ModelOptions { Optimizer = SettingsDecided.Options(settings).Optimizer };
        using ITrainableModel model = device.CreateModel(config, options);
        return SpeedMeasurement.TokensPerSecond(model, settings.Bptt, settings.BatchSize, SecondsToMeasure);
    }
}
