// Runs that end without a chance to save, as by a kill: what they had at their best stays, and they go on from there.

using GruLM.Cli.Demo;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests;

public sealed class CrashedRunTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("grulm-crashed-").FullName;
    private readonly string _folder;

    public CrashedRunTests()
    {
        _folder = Path.Combine(_root, "run");
        string text = Path.Combine(_root, "text.txt");
        File.WriteAllText(text, SampleCorpus.Generate(5, 8_000));
        TrainingSettings settings = DisposedRunTests.Small(text) with { OutDir = _folder, MaxSteps = 20, EvalInterval = 4 };

        // In the first epoch, between two evaluations.
        using var run = TrainingRun.Start(settings, new Crash(10));
        Assert.Throws<InvalidOperationException>(() => run.Run());
    }

    private string WeightsFile => Path.Combine(_folder, ModelFile.WeightsName);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void It_goes_on_from_its_best_model_and_keeps_that()
    {
        byte[] best = File.ReadAllBytes(WeightsFile);
        using var stop = new CancellationTokenSource();
        using var run = TrainingRun.Resume(_folder);
        Assert.EndsWith("best-8", run.Plan.Checkpoint, StringComparison.Ordinal);
        Assert.Equal(best, File.ReadAllBytes(Path.Combine(run.Plan.Checkpoint!, ModelFile.WeightsName)));
        stop.Cancel();
        RunOutcome outcome = run.Run(stop.Token);
        Assert.Equal((8, 8), (outcome.Position.Step, outcome.Position.BestStep));
        Assert.Equal(best, File.ReadAllBytes(WeightsFile));
    }

    [Fact]
    public void A_model_whose_checkpoints_were_deleted_is_not_replaced_by_a_worse_one()
    {
        byte[] best = File.ReadAllBytes(WeightsFile);
        foreach ((_, string folder) in Checkpoint.Find(Path.Combine(_folder, "training"))) Directory.Delete(folder, recursive: true);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => TrainingRun.Resume(_folder));
        Assert.StartsWith($"{_folder}: has a model, but no checkpoint to go on from", error.Message, StringComparison.Ordinal);
        Assert.Equal(best, File.ReadAllBytes(WeightsFile));
    }

    [Fact]
    public void What_mends_a_damaged_model_is_told_before_training()
    {
        File.WriteAllBytes(WeightsFile, File.ReadAllBytes(WeightsFile)[..^100]);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => TrainingRun.Resume(_folder));
        string whole = Path.Combine("training", "best-8", ModelFile.WeightsName);
        Assert.StartsWith($"{WeightsFile}: has ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"; the run goes on once {whole} is copied over it", error.Message, StringComparison.Ordinal);
        File.Copy(Path.Combine(_folder, whole), WeightsFile, overwrite: true);
        using var run = TrainingRun.Resume(_folder);
        Assert.True(run.Run(TestContext.Current.CancellationToken).IsFinished);
    }

    // Fails in a step, after which nothing is saved.
    private sealed class Crash(long at) : IRunObserver
    {
        public void OnSteps(StepReport report)
        {
            if (report.Step == at) throw new InvalidOperationException("the machine ends");
        }
    }
}
