// The loop: it learns, reports, keeps the best model, and stopping and continuing changes no bit.

using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("grulm-train-").FullName;
    private readonly Compute compute = Compute.Create(2);
    private readonly GruConfig config = new() { VocabSize = 20, EmbeddingDim = 24, HiddenDim = 24, NumLayers = 2, Dropout = 0.1, TieWeights = true };

    public void Dispose()
    {
        compute.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void It_learns_a_periodic_text_and_says_so()
    {
        using var model = GruLanguageModel.Create(config, compute, 1);
        var watcher = new Recorder();
        var options = new TrainingOptions { Epochs = 16, BatchSize = 8, Bptt = 16, LearningRate = 0.03, LogInterval = 5, EvalInterval = 10, WarmupSteps = 5 };
        var result = new Trainer(model, Stream(3000), HeldOut(500), options, folder, watcher).Run();
        Assert.True(result.Finished);
        Assert.True(watcher.Steps[0].TrainNll > 2.5, "the first loss is near ln V");
        Assert.True(watcher.Steps[^1].TrainNll < 0.3, $"the last loss is {watcher.Steps[^1].TrainNll}");
        Assert.True(watcher.Evaluations[^1].Result.Sums.Accuracy > 0.9);
        Assert.Equal(16, watcher.Epochs.Count);
        Assert.Equal(result.Position.TotalSteps, result.Position.Step);
        Assert.Equal(watcher.Evaluations.Min(e => e.Result.Sums.MeanNll), result.Position.Best!.Value.Sums.MeanNll);

        // The folder's model is the best one, not the last.
        using var saved = GruLanguageModel.Load(folder, compute);
        Assert.Equal(result.Position.Best.Value.Sums.MeanNll, Evaluation.Quick(saved, HeldOut(500)).Sums.MeanNll, 1e-6);
        Assert.Equal(2, Checkpoint.Find(folder).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Stopping_and_continuing_gives_the_same_bits_as_never_stopping(bool lines)
    {
        var options = new TrainingOptions { Epochs = 3, BatchSize = 4, Bptt = 12, LearningRate = 0.01, WarmupSteps = 3 };
        ITrainingData Data() => lines ? new LineSamples([.. Enumerable.Range(0, 60).Select(i => Enumerable.Range(3, 2 + (i % 15)).ToArray())], 1, 2, 4, 12, 5) : Stream(700);
        using var whole = GruLanguageModel.Create(config, compute, 7);
        new Trainer(whole, Data(), HeldOut(60), options, null, new Recorder()).Run();

        using var stop = new CancellationTokenSource();
        using var first = GruLanguageModel.Create(config, compute, 7);
        var stopped = new Trainer(first, Data(), HeldOut(60), options with { LogInterval = 1 }, folder, new Recorder { AfterStep = step => { if (step == 11) stop.Cancel(); } }).Run(stop.Token);
        Assert.False(stopped.Finished);
        Assert.Equal(11, stopped.Position.Step);

        string checkpoint = Checkpoint.Find(folder)[0].Folder;
        using var resumed = GruLanguageModel.Load(checkpoint, compute, seed: 7);
        var trainer = new Trainer(resumed, Data(), HeldOut(60), options, folder, new Recorder());
        trainer.ContinueFrom(Checkpoint.Load(checkpoint, resumed));
        Assert.True(trainer.Run().Finished);
        foreach (var view in whole.Parameters.Views) Assert.Equal(whole.Parameters.Span(view.Name).ToArray(), resumed.Parameters.Span(view.Name).ToArray());
    }

    [Fact]
    public void A_run_that_diverges_stops_with_advice()
    {
        using var model = GruLanguageModel.Create(config, compute, 1);
        model.Parameters.Span("embedding.weight").Fill(float.NaN);
        var watcher = new Recorder();
        var error = Assert.Throws<InvalidDataException>(() => new Trainer(model, Stream(3000), null, new TrainingOptions(), null, watcher).Run());
        Assert.Contains("--lr", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(watcher.Notices);
    }

    [Fact]
    public void Stopped_before_the_first_step_it_still_leaves_a_model()
    {
        using var model = GruLanguageModel.Create(config, compute, 1);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.False(new Trainer(model, Stream(300), HeldOut(50), new TrainingOptions(), folder, new Recorder()).Run(stop.Token).Finished);
        using var saved = GruLanguageModel.Load(folder, compute);
        Assert.Equal(model.Parameters.Span("embedding.weight").ToArray(), saved.Parameters.Span("embedding.weight").ToArray());
    }

    private static TokenStream Stream(int count) => new(Periodic(count), 8, 16, seed: 1);

    private static HeldOutStream HeldOut(int count) => new(Periodic(count), Enumerable.Range(1, count).Select(i => (long)i).ToArray());

    private static int[] Periodic(int count) => [.. Enumerable.Range(0, count).Select(i => 3 + ((i * i) % 13))];

    private sealed class Recorder : ITrainingObserver
    {
        public List<StepReport> Steps { get; } = [];

        public List<EvaluationReport> Evaluations { get; } = [];

        public List<EpochReport> Epochs { get; } = [];

        public List<string> Notices { get; } = [];

        public Action<long>? AfterStep { get; init; }

        public void OnSteps(StepReport report)
        {
            Steps.Add(report);
            AfterStep?.Invoke(report.Step);
        }

        public void OnEvaluation(EvaluationReport report) => Evaluations.Add(report);

        public void OnEpoch(EpochReport report) => Epochs.Add(report);

        public void OnCheckpoint(string folder) => Assert.True(Directory.Exists(folder));

        public void OnNotice(long step, string message) => Notices.Add(message);
    }
}
