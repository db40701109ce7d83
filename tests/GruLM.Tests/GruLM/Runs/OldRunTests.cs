// A run that an older version of the program made: it opens, is evaluated to the figure it had, and goes on.

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
    public void Other_settings_than_those_that_may_change_are_refused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => TrainingRun.Resume(_folder, settings => settings with { HiddenDim = 8 }));
        const string Expected = "'HiddenDim' cannot be changed when a run goes on; only 'Minutes', 'Epochs'";
        Assert.Contains(Expected, error.Message, StringComparison.Ordinal);
        TrainingRun.Resume(_folder).Dispose();
    }
}
