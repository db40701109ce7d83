// A run that an older version of the program made: it opens, is evaluated to the figure it had, and goes on.

using System.Text;
using System.Text.Json.Nodes;
using GruLM.Corpus;
using GruLM.Report;

namespace GruLM.Tests;

public sealed class OldRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-old-").FullName;

    public OldRunTests()
    {
        string fixtures = Path.Combine(AppContext.BaseDirectory, "GruLM", "Runs", "Fixtures");
        string old = Path.Combine(fixtures, "run-of-414f4f1");
        foreach (string file in Directory.EnumerateFiles(old, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(_folder, Path.GetRelativePath(old, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        string settings = Path.Combine(_folder, "training", "settings.json"), text = Path.Combine(fixtures, "text.txt");
        string inJson = text.Replace("\\", "\\\\", StringComparison.Ordinal);
        File.WriteAllText(settings, File.ReadAllText(settings).Replace("TEXT", inJson, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_opens_and_has_the_figure_that_it_had()
    {
        using (var model = LanguageModel.Open(_folder, threads: 1))
        {
            Assert.NotEmpty(string.Concat(model.Generate("The", new GenerationOptions { MaxTokens = 5, IgnoreEos = true })));
        }

        Assert.Equal(6.7355, ModelEvaluation.Run(_folder).Plain.BitsPerByte, 3);
        RunReport.Write(_folder, Path.Combine(_folder, "report.html"));
        Assert.Contains("muon", File.ReadAllText(Path.Combine(_folder, "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void It_goes_on_where_it_was_ended()
    {
        using (var done = TrainingRun.Resume(_folder)) Assert.True(done.Plan.IsDone);
        using var run = TrainingRun.Resume(_folder, settings => settings with { MaxSteps = 9 });
        Assert.Equal(6, run.Plan.StepsDone);
        RunOutcome outcome = run.Run(TestContext.Current.CancellationToken);
        Assert.True(outcome.IsFinished);
        Assert.Equal(9, outcome.Position.Step);
        Assert.Equal(0.95, SettingsFile.Read(Path.Combine(_folder, "training", "settings.json")).Momentum);
    }

    [Fact]
    public void Its_json_is_read_as_plain_text()
    {
        string text = Path.Combine(_folder, "old.json"), model = Path.Combine(_folder, "model"), training = Path.Combine(model, "training");
        File.WriteAllLines(text, Enumerable.Range(0, 100).Select(i => $"{{\"text\": \"line {i} of the old text\"}}"));
        var settings = new TrainingSettings
        {
            Data = [text],
            DataFormat = CorpusFormat.Plain,
            OutDir = model,
            VocabSize = 300,
            HiddenDim = 8,
            EmbeddingDim = 8,
            NumLayers = 1,
            BatchSize = 2,
            Bptt = 8,
            MaxSteps = 2,
        };
        using (var run = TrainingRun.Start(settings)) run.Run(TestContext.Current.CancellationToken);
        Edit("settings.json", "data-format");
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => ModelEvaluation.Run(model));
        Assert.Contains("has changed", error.Message, StringComparison.Ordinal);
        Edit("run.json", "settings");
        ModelEvaluation.Run(model);
        ModelEvaluation.Run(new EvaluationSettings { Model = model, Data = [text], HeldOutOnly = true });
        using (var run = TrainingRun.Resume(model, before => before with { MaxSteps = 3 })) Assert.Equal(2, run.Plan.StepsDone);

        void Edit(string name, string without)
        {
            string path = Path.Combine(training, name);
            JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
            Assert.True(json.Remove(without));
            File.WriteAllText(path, json.ToJsonString());
        }
    }

    [Theory]
    [InlineData("a\rb\rc", false, "a\nb\nc")]
    [InlineData("a\rb\rc", true, "a\rb\rc")]
    public void Its_carriage_returns_stay(string written, bool byNames, string read)
    {
        string text = Path.Combine(_folder, "old.txt");
        File.WriteAllText(text, written);
        var corpus = TextCorpus.Read([text], new CorpusOptions { ByNames = byNames });
        Assert.Equal(read, Encoding.UTF8.GetString(corpus.Utf8.Span));
    }

    [Fact]
    public void Other_settings_than_those_that_may_change_are_refused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => TrainingRun.Resume(_folder, settings => settings with { HiddenDim = 8 }));
        const string Expected = "'HiddenDim' cannot be changed when a run goes on; only 'Minutes', 'Epochs'";
        Assert.Contains(Expected, error.Message, StringComparison.Ordinal);
        TrainingRun.Resume(_folder).Dispose();
    }
}
