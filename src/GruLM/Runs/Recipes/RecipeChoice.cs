// Which recipe to train by when only the time is given: the largest that reads enough in that time. How fast it reads is measured here, on
// made-up tokens; how much is enough was found by experiment (SPEED.md). Left out on purpose: texts whose length nobody can tell
// beforehand (standard input).

using GruLM.Corpus;
using GruLM.Generation;
using GruLM.Model;
using GruLM.Training;

namespace GruLM;

/// <summary>Chooses recipes by the time that there is. Safe for several threads.</summary>
public static class RecipeChoice
{
    // Passes over a short text after which none of them gets better.
    private const double MaxEpochs = 7;

    private const double BytesPerPiece = 3.3;
    private const double UnpackedBytesPerPacked = 3;
    private const double SecondsToMeasure = 0.5;

    // Largest first; the last is for everyone else.
    private static readonly Candidate[] s_forPieces =
    [
        new(Recipes.Medium, VocabSize: 2048, MinTokensRead: 10e6, MinTokensOfText: 2e6),
        new(Recipes.Small, VocabSize: 2048, MinTokensRead: 1.5e6, MinTokensOfText: 0),
        new(Recipes.Tiny, VocabSize: 2048, MinTokensRead: 0, MinTokensOfText: 0),
    ];
    private static readonly Candidate[] s_forCharacters =
    [
        new(Recipes.ShakespeareChar, VocabSize: 96, MinTokensRead: 2e6, MinTokensOfText: 0),
        new(Recipes.ShakespeareCharQuick, VocabSize: 96, MinTokensRead: 0, MinTokensOfText: 0),
    ];

    // What recipes decide besides the kind of tokenizer, which chooses among them, and the length.
    private static readonly string[] s_decided =
    [
        .. SettingsTable.All
            .Where(setting => setting.Property != nameof(TrainingSettings.ModelType) && !GivenSettings.IsLength(setting))
            .Where(setting => Recipes.All.Any(recipe => setting.Text(recipe.Settings) != setting.Text(new TrainingSettings())))
            .Select(setting => setting.Property),
    ];

    /// <summary>The recipe for <see cref="TrainingSettings.Minutes"/> on this machine and text, by which, and by whose kind of tokenizer,
    /// it is chosen; null where the length of the text is not known beforehand, or no time was given. Takes a second or so.</summary>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    /// <exception cref="IOException">This machine lacks the device.</exception>
    public static Recipe? ForTime(TrainingSettings settings)
    {
        if (settings.Minutes is not { } minutes || settings.InitFrom is not null || TextBytes(settings.Data) is not { } bytes) return null;
        bool characters = settings.ModelType == Tokenization.ModelType.Char;
        double heldOut = settings.ValData is null ? settings.ValFraction : 0;
        double tokens = (1 - heldOut) * bytes / (characters ? 1 : BytesPerPiece);
        Candidate[] candidates = characters ? s_forCharacters : s_forPieces;
        return candidates.First(candidate => ReadsEnough(candidate, tokens, 60 * minutes, settings)).Recipe;
    }

    /// <summary>The recipe for settings that were given: none where they say something that recipes decide. Of recipes that were
    /// <paramref name="named"/>, only the one for characters has a faster one beside it that learns more in little time.</summary>
    public static Recipe? ForTime(GivenSettings given, Recipe? named)
    {
        if (named is not null && named != s_forCharacters[0].Recipe) return null;
        if (!given.Has(nameof(TrainingSettings.Minutes)) || s_decided.Any(given.Has)) return null;
        TrainingSettings settings = given.On(new TrainingSettings());
        return ForTime(named is null ? settings : settings with { ModelType = Tokenization.ModelType.Char });
    }

    private static bool ReadsEnough(Candidate candidate, double tokens, double seconds, TrainingSettings told) =>
        candidate.MinTokensRead == 0
        || (tokens >= candidate.MinTokensOfText
            && seconds * TokensPerSecond(candidate, told) >= Math.Min(candidate.MinTokensRead, MaxEpochs * tokens));

    private static double? TextBytes(IReadOnlyList<string> names)
    {
        if (names.Count == 0 || names.Contains(CorpusFiles.StandardInput)) return null;
        try
        {
            return CorpusFiles.Find(names).Sum(BytesOf);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException)
        {
            // Training reports the same, and better.
            return null;
        }
    }

    private static double BytesOf(string file) =>
        new FileInfo(file).Length * (CorpusFiles.IsPacked(file) ? UnpackedBytesPerPacked : 1);

    // On the device that the run was told, with the candidate's own settings otherwise.
    private static double TokensPerSecond(Candidate candidate, TrainingSettings told)
    {
        TrainingSettings settings = candidate.Recipe.Settings;
        var config = new GruConfig
        {
            VocabSize = candidate.VocabSize,
            EmbeddingDim = settings.EmbeddingDim,
            HiddenDim = settings.HiddenDim,
            NumLayers = settings.NumLayers,
            TieWeights = settings.EmbeddingDim == settings.HiddenDim,
        };
        var options = new ModelOptions { Optimizer = SettingsDecided.Options(settings).Optimizer };
        using IDevice device = Devices.Open(told.Device, new DeviceOptions(told.Threads ?? 0, told.Precision), config);
        using ITrainableModel model = device.CreateModel(config, options);
        return SpeedMeasurement.TokensPerSecond(model, settings.Bptt, settings.BatchSize, SecondsToMeasure);
    }

    /// <summary>A recipe and when it is worth its time.</summary>
    /// <param name="Recipe">The recipe.</param>
    /// <param name="VocabSize">The vocabulary that its speed is measured with.</param>
    /// <param name="MinTokensRead">How many tokens it must get to read in the time.</param>
    /// <param name="MinTokensOfText">How many tokens the text must have.</param>
    private sealed record Candidate(Recipe Recipe, int VocabSize, double MinTokensRead, double MinTokensOfText);
}
