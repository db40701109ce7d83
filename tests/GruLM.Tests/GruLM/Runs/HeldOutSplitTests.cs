// Which lines a run holds out is recorded, and evaluating and resuming hold out the same; runs from before lines were drawn keep the end.
using System.Text.RegularExpressions;
using GruLM.Corpus;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests;

public sealed class HeldOutSplitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-split-").FullName;
    private readonly TrainingSettings _settings;

    public HeldOutSplitTests()
    {
        string text = Path.Combine(_folder, "words.txt");
        File.WriteAllLines(text, Enumerable.Range(100, 200).Select(i => $"{i} {i * i}"));
        _settings = new TrainingSettings
        {
            Data = [text],
            OutDir = Path.Combine(_folder, "model"),
            Samples = SampleKind.Lines,
            VocabSize = 300,
            EmbeddingDim = 8,
            HiddenDim = 8,
            NumLayers = 1,
            MaxSteps = 4,
            Threads = 1,
            Precision = Precision.Fp32,
        };
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(null)]
    [InlineData(HeldOutSplit.Last)]
    public void Evaluating_and_resuming_hold_out_the_same_lines(HeldOutSplit? split)
    {
        double figure = Train(split, seed: 4);
        Assert.Equal(figure, ModelEvaluation.Run(_settings.OutDir, TestContext.Current.CancellationToken).Plain.BitsPerByte, 12);
        using var more = TrainingRun.Resume(_settings.OutDir, settings => settings with { MaxSteps = 6 });
        Assert.True(more.Run(TestContext.Current.CancellationToken).IsFinished);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_that_draws_nothing_is_resumed_twice(bool hasOwnText)
    {
        string held = Path.Combine(_folder, "held.txt");
        File.WriteAllText(held, "7 49\n8 64\n");
        TrainingSettings settings = hasOwnText ? _settings with { ValData = held } : _settings with { ValFraction = 0 };
        using (var run = TrainingRun.Start(settings)) run.Run(TestContext.Current.CancellationToken);
        foreach (int steps in (int[])[6, 8])
        {
            using var more = TrainingRun.Resume(settings.OutDir, before => before with { MaxSteps = steps });
            Assert.Equal(steps, more.Run(TestContext.Current.CancellationToken).Position.Step);
        }
    }

    [Fact]
    public void Lines_are_drawn_by_the_seed_unless_the_last_are_asked_for()
    {
        // Of the last lines, all begin with a 2; all bytes of the text are digits, spaces and line ends.
        double last = Train(HeldOutSplit.Last, seed: 1), drawn = Train(null, seed: 1), otherwise = Train(null, seed: 2);
        Assert.NotEqual(last, drawn);
        Assert.NotEqual(drawn, otherwise);
    }

    [Fact]
    public void A_run_from_before_lines_were_drawn_keeps_its_last_lines()
    {
        double figure = Train(HeldOutSplit.Last, seed: 1);
        string settings = Path.Combine(_settings.OutDir, "training", "settings.json");
        File.WriteAllText(settings, Regex.Replace(File.ReadAllText(settings), "\\s*\"val-split\": \"last\",", ""));
        string record = Path.Combine(_settings.OutDir, "training", "run.json");
        File.WriteAllText(record, Regex.Replace(File.ReadAllText(record), "\\s*\"val-split\": \"last\",", ""));
        Assert.Null(SettingsFile.Read(settings).ValSplit);
        Assert.Equal(figure, ModelEvaluation.Run(_settings.OutDir, TestContext.Current.CancellationToken).Plain.BitsPerByte, 12);
        using var more = TrainingRun.Resume(_settings.OutDir, before => before with { MaxSteps = 6 });
        Assert.True(more.Run(TestContext.Current.CancellationToken).IsFinished);
        Assert.Equal(HeldOutSplit.Last, SettingsFile.Read(settings).ValSplit);
    }

    // Returns the best held-out figure.
    private double Train(HeldOutSplit? split, ulong seed)
    {
        using var run = TrainingRun.Start(_settings with { ValSplit = split, Seed = seed, Overwrite = true });
        return run.Run(TestContext.Current.CancellationToken).Position.Best!.Value.BitsPerByte;
    }
}
