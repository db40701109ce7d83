// The recipes. They were found by experiment on a text of a million characters (SPEED.md has the figures). Medium is small's recipe with
// more units, for longer texts: it knows a text of a million characters by heart after four passes.

using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>The recipes that come with GruLM: <c>Recipes.Small.Settings with { Data = ["book.txt"], OutDir = "model" }</c> is a run. Safe
/// for several threads.</summary>
public static class Recipes
{
    private static readonly TrainingSettings s_pieces = new()
    {
        EmbeddingDim = 256,
        HiddenDim = 256,
        NumLayers = 1,
        InputDropout = 0.1,
        OutputDropout = 0.1,
        Optimizer = OptimizerKind.Muon,
        BatchSize = 16,
        Bptt = 64,
    };

    private static readonly TrainingSettings s_characters = new()
    {
        ModelType = ModelType.Char,
        EmbeddingDim = 64,
        TieWeights = false,
    };

    private static readonly TrainingSettings s_shakespeare = s_characters with
    {
        HiddenDim = 384,
        NumLayers = 2,
        BatchSize = 16,
        Bptt = 64,
        LearningRate = 0.004,
        Schedule = ScheduleKind.Linear,
        GradClip = 0.5,
        Dropout = 0.25,
        LockedDropout = true,
        InputDropout = 0.05,
        OutputDropout = 0.15,
        Residual = true,
        FreshEvery = 8,
        Minutes = 10,
    };

    // More epochs than these, and more dropout, made each of them worse; but for what the last says of long runs.

    /// <summary>One layer of 256 units.</summary>
    public static Recipe Tiny { get; } = new(
        "tiny", "1 x 256: two minutes for a million characters",
        s_pieces with
        {
            LearningRate = 0.005,
            Epochs = 7,
        });

    /// <summary>Two layers of 256 units.</summary>
    public static Recipe Small { get; } = new(
        "small", "2 x 256: four minutes for them",
        s_pieces with
        {
            NumLayers = 2,
            Residual = true,
            Dropout = 0.1,
            LearningRate = 0.004,
            Epochs = 7,
        });

    /// <summary>Two layers of 512 units.</summary>
    public static Recipe Medium { get; } = new(
        "medium", "2 x 512: for texts of several millions",
        s_pieces with
        {
            EmbeddingDim = 512,
            HiddenDim = 512,
            NumLayers = 2,
            Residual = true,
            Dropout = 0.2,
            LearningRate = 0.003,
            BatchSize = 32,
            Epochs = 4,
        });

    /// <summary>A model of characters that learns in seconds.</summary>
    public static Recipe ShakespeareCharQuick { get; } = new(
        "shakespeare-char-quick", "characters, for a text of a million of them, in twenty seconds",
        s_characters with
        {
            HiddenDim = 384,
            NumLayers = 1,
            BatchSize = 8,
            Bptt = 32,
            LearningRate = 0.006,
            WarmupSteps = 30,
            Dropout = 0,
            FreshEvery = 8,
            MaxSteps = 1600,
        });

    /// <summary>A model of characters that learns for ten minutes; longer with more dropout.</summary>
    public static Recipe ShakespeareChar { get; } = new(
        "shakespeare-char", "the same in ten minutes, or more",
        s_shakespeare)
    {
        LongSettings = s_shakespeare with { Dropout = 0.3, OutputDropout = 0.2 },
        LongFrom = 13,
    };

    /// <summary>A short text, by characters.</summary>
    public static Recipe Page { get; } = new(
        "page", "1 x 128, characters: a text of some pages, in seconds",
        s_characters with
        {
            HiddenDim = 128,
            NumLayers = 1,
            BatchSize = 4,
            Bptt = 32,
            LearningRate = 0.006,
            Dropout = 0,
            InputDropout = 0.1,
            OutputDropout = 0.3,
            FreshEvery = 8,
            Epochs = 14,
        });

    /// <summary>A story, by characters.</summary>
    public static Recipe Story { get; } = new(
        "story", "2 x 256, characters: a hundred thousand of them, in a minute",
        s_characters with
        {
            HiddenDim = 256,
            NumLayers = 2,
            Residual = true,
            BatchSize = 4,
            Bptt = 64,
            LearningRate = 0.003,
            Dropout = 0.25,
            LockedDropout = true,
            InputDropout = 0.1,
            OutputDropout = 0.25,
            FreshEvery = 8,
            Epochs = 12,
        });

    /// <summary>A short book, in pieces.</summary>
    public static Recipe Chapter { get; } = new(
        "chapter", "1 x 256, pieces: some hundred thousand characters, in a minute",
        s_pieces with
        {
            VocabSize = 1024,
            VocabSizeOfRecipe = 1024,
            InputDropout = 0.2,
            OutputDropout = 0.2,
            LearningRate = 0.005,
            BatchSize = 8,
            Epochs = 7,
        });

    /// <summary>Short lines, by characters.</summary>
    public static Recipe Names { get; } = new(
        "names", "1 x 384, characters, for 'Samples = Lines': names, words, titles",
        s_characters with
        {
            HiddenDim = 384,
            NumLayers = 1,
            BatchSize = 8,
            Bptt = 32,
            LearningRate = 0.004,
            WarmupSteps = 30,
            Dropout = 0,
            Epochs = 10,
        });

    /// <summary>Questions and answers, one a record.</summary>
    public static Recipe Answers { get; } = new(
        "answers", "1 x 256, pieces, for 'Samples = Lines': questions and answers",
        s_pieces with
        {
            LearningRate = 0.004,
            Epochs = 60,
        });

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Recipe> All { get; } =
        [Page, Story, Chapter, Tiny, Small, Medium, Names, Answers, ShakespeareCharQuick, ShakespeareChar];

    /// <summary>The recipe of that name; null when there is none.</summary>
    public static Recipe? Named(string name) => All.FirstOrDefault(recipe => recipe.Name == name);
}
