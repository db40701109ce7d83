// Runs of questions and answers count the answers that are wholly right, and keep the model that knows its facts.
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests;

public sealed class AnswersTests : IDisposable
{
    private static readonly string[] s_animals =
    [
        "ape", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay", "kiwi", "lynx", "mole", "newt", "owl", "pig", "quail",
        "ram", "seal", "toad",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-answers-").FullName;
    private readonly TrainingSettings _settings;

    public AnswersTests()
    {
        string text = Path.Combine(_folder, "talk.jsonl");
        File.WriteAllLines(text, s_animals.Select((animal, i) => $$"""{"prompt": "{{animal}}", "completion": "{{Food(i)}}"}"""));
        _settings = new TrainingSettings
        {
            Data = [text],
            OutDir = Path.Combine(_folder, "bot"),
            Samples = SampleKind.Lines,
            MaskPrompt = true,
            VocabSize = 320,
            EmbeddingDim = 64,
            HiddenDim = 64,
            NumLayers = 1,
            Dropout = 0,
            BatchSize = 4,
            LearningRate = 0.01,
            Epochs = 100,
            Threads = 1,
        };
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_the_model_in_the_folder_answers_is_what_was_counted()
    {
        AnswerFigures figures = Train(_settings);
        Assert.Equal(18, figures.Learned.Questions);
        Assert.Equal(2, figures.HeldOut!.Value.Questions);
        Assert.True(figures.Learned.Share > 0.9, $"{figures.Learned}");
        Assert.Equal(figures.HeldOut, ModelEvaluation.Run(_settings.OutDir, TestContext.Current.CancellationToken).Answers);

        using var model = LanguageModel.Open(_settings.OutDir, threads: 1);
        int right = 0;
        for (int i = 0; i < s_animals.Length; i++)
        {
            using ChatSession chat = model.StartChat(new GenerationOptions { Sampling = new() { Temperature = 0 }, MaxTokens = 20 });
            right += string.Concat(chat.Say(s_animals[i])).Trim() == Food(i) ? 1 : 0;
        }

        Assert.Equal(figures.Learned.Right + figures.HeldOut.Value.Right, right);
    }

    [Fact]
    public void The_last_model_is_kept_where_the_best_held_out_figure_came_before_the_facts_were_known()
    {
        AnswerFigures figures = Train(_settings);
        Assert.True(figures.KeepsLast);

        // Where nothing is held out there is no other.
        AnswerFigures all = Train(_settings with { ValFraction = 0, OutDir = Path.Combine(_folder, "all") });
        Assert.False(all.KeepsLast);
        Assert.Null(all.HeldOut);
        Assert.Equal(20, all.Learned.Questions);
    }

    [Theory]
    [InlineData(5, 1, 19, 1, true)]
    [InlineData(17, 1, 19, 1, true)]
    [InlineData(19, 1, 19, 1, false)]
    [InlineData(5, 1, 19, 0, false)]
    [InlineData(1, 0, 9, 3, false)]
    public void The_last_model_is_worth_more_when_it_knows_more_and_has_forgotten_nothing(
        int bestLearned, int bestHeldOut, int lastLearned, int lastHeldOut, bool isBetter)
    {
        var best = new AnswerFigures(new AnswerCount(bestLearned, 20), new AnswerCount(bestHeldOut, 4));
        var last = new AnswerFigures(new AnswerCount(lastLearned, 20), new AnswerCount(lastHeldOut, 4));
        Assert.Equal(isBetter, RunAnswers.IsLastBetter(best, last));
    }

    // Nothing in an animal's name says what it eats.
    private static string Food(int animal) => "eats " + new string[] { "bread", "corn", "grass", "seeds", "worms" }[animal * 7 % 11 % 5];

    private static AnswerFigures Train(TrainingSettings settings)
    {
        using var run = TrainingRun.Start(settings);
        return run.Run(TestContext.Current.CancellationToken).Answers!;
    }
}
