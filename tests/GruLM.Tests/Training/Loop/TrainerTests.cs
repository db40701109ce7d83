// The loop: it learns, reports, keeps the best model, and stopping and continuing changes no bit.

using GruLM.Formats;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-train-").FullName;
    private readonly Compute _compute = Compute.Create(2);
    private readonly GruConfig _config =
        new() { VocabSize = 20, EmbeddingDim = 24, HiddenDim = 24, NumLayers = 2, Dropout = 0.1, TieWeights = true };

    private FolderStore Store => new(_folder, Path.Combine(_folder, "training"));

    public void Dispose()
    {
        _compute.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void It_learns_a_periodic_text_and_says_so()
    {
        using var model = GruLanguageModel.Create(_config, _compute, 1);
        var watcher = new Recorder();
        var options = new TrainingOptions
        {
            Epochs = 16,
            BatchSize = 8,
            Bptt = 16,
            LearningRate = 0.03,
            LogInterval = 5,
            EvalInterval = 10,
            WarmupSteps = 5
        };
        TrainingResult result = new Trainer(model, Stream(3000), HeldOut(500), options, Store, watcher).Run();
        Assert.True(result.Finished);
        Assert.True(watcher.Steps[0].TrainNll > 2.5, "the first loss is near ln V");
        Assert.True(watcher.Steps[^1].TrainNll < 0.3, $"the last loss is {watcher.Steps[^1].TrainNll}");
        Assert.True(watcher.Evaluations[^1].Result.Sums.Accuracy > 0.9);
        Assert.Equal(16, watcher.Epochs.Count);
        Assert.Equal(result.Position.TotalSteps, result.Position.Step);
        Assert.Equal(watcher.Evaluations.Min(e => e.Result.Sums.MeanNll), result.Position.Best!.Value.Sums.MeanNll);

        // The folder's model is the best one, not the last.
        using var saved = GruLanguageModel.Load(_folder, _compute);
        Assert.Equal(result.Position.Best.Value.Sums.MeanNll, Evaluation.Quick(saved, HeldOut(500)).Sums.MeanNll, 1e-6);
        Assert.Equal(2, Checkpoint.Find(_folder + "/training").Count);
    }

    [Theory]
    [InlineData("stream")]
    [InlineData("lines")]
    [InlineData("sgd")]
    [InlineData("muon")]
    [InlineData("plateau")]
    [InlineData("random-bptt")]
    public void Stopping_and_continuing_gives_the_same_bits_as_never_stopping(string what)
    {
        var options = new TrainingOptions { Epochs = 3, BatchSize = 4, Bptt = 12, LearningRate = 0.01, WarmupSteps = 3 };
        if (what == "plateau")
        {
            options = options with
            {
                LearningRate = 0.3,
                Epochs = 7,
                Schedule = ScheduleKind.Plateau,
                PlateauFactor = 0.9,
                EvalInterval = 1
            };
        }

        OptimizerOptions optimizer = what switch
        {
            "sgd" => new SgdOptions { WeightDecay = 0.1 },
            "muon" => new MuonOptions { Every = 3 },
            _ => new AdamWOptions()
        };
        ITrainingData Data() => what switch
        {
            "lines" => new LineSamples(Lines(60), 1, 2, 4, 12, 5),
            "random-bptt" => new TokenStream(Periodic(700), 4, 12, seed: 1, randomSteps: true),
            _ => Stream(700),
        };
        using var whole = GruLanguageModel.Create(_config, _compute, 7, optimizer);
        RunPosition end = new Trainer(whole, Data(), HeldOut(60), options, null, new Recorder()).Run().Position;

        using var stop = new CancellationTokenSource();
        using var first = GruLanguageModel.Create(_config, _compute, 7, optimizer);
        var stopper = new Recorder();
        stopper.AfterStep = step =>
        {
            if (step == 11) stop.Cancel();
        };
        TrainingResult stopped =
            new Trainer(first, Data(), HeldOut(60), options with { LogInterval = 1 }, Store, stopper).Run(stop.Token);
        Assert.False(stopped.Finished);
        Assert.Equal(11, stopped.Position.Step);
        if (what == "plateau") Assert.InRange(stopped.Position.RateCuts, 1, end.RateCuts - 1);

        string checkpoint = Checkpoint.Find(_folder + "/training")[0].Folder;
        using var resumed = GruLanguageModel.Load(checkpoint, _compute, optimizer, seed: 7);
        var trainer = new Trainer(resumed, Data(), HeldOut(60), options, Store, new Recorder());
        trainer.ContinueFrom(Checkpoint.Load(checkpoint, resumed));
        Assert.True(trainer.Run().Finished);
        RunPosition position = trainer.Position;
        Assert.Equal(
            (end.Step, end.RateCuts, end.EvaluationsOnPlateau),
            (position.Step, position.RateCuts, position.EvaluationsOnPlateau));
        foreach (ParameterView view in whole.Parameters.Views)
        {
            Assert.Equal(whole.Parameters.Span(view.Name).ToArray(), resumed.Parameters.Span(view.Name).ToArray());
        }
    }

    [Fact]
    public void On_a_plateau_the_rate_is_cut_down_to_the_lowest_and_says_so()
    {
        using var model = GruLanguageModel.Create(_config, _compute, 1);
        var watcher = new Recorder();

        // Nothing is learned at these rates, so that no evaluation is better than the first.
        var options = new TrainingOptions
        {
            MaxSteps = 20,
            BatchSize = 8,
            Bptt = 16,
            LearningRate = 1e-30,
            MinLearningRate = 2e-31,
            WarmupSteps = 2,
            LogInterval = 1,
            EvalInterval = 2,
            Schedule = ScheduleKind.Plateau,
            PlateauPatience = 2,
            PlateauFactor = 0.5,
        };
        RunPosition end = new Trainer(model, Stream(8000), HeldOut(100), options, null, watcher).Run().Position;
        double[] rates = [.. watcher.Steps.Select(s => s.LearningRate / 1e-30)];
        double[] expected =
        [
            1 / 3.0, 2 / 3.0, .. Enumerable.Repeat(1.0, 4), .. Enumerable.Repeat(0.5, 4), .. Enumerable.Repeat(0.25, 4),
            .. Enumerable.Repeat(0.2, 6),
        ];
        Assert.All(rates.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-9));
        Assert.Equal(3, end.RateCuts);
        Assert.Equal(3, watcher.Notices.Count);
        Assert.Equal("no better for 2 evaluation(s): the learning rate is 5.0e-31 from here on", watcher.Notices[0]);
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => new Trainer(model, Stream(3000), null, options, null, watcher));
        Assert.Contains("needs held-out data", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_of_a_random_window_has_the_rate_of_its_length()
    {
        using var model = GruLanguageModel.Create(_config, _compute, 1);
        var watcher = new Recorder();
        var data = new TokenStream(Periodic(3000), 8, 16, seed: 1, randomSteps: true);
        var options = new TrainingOptions
        {
            Epochs = 2,
            Bptt = 16,
            LearningRate = 0.01,
            WarmupSteps = 0,
            Schedule = ScheduleKind.Constant,
            LogInterval = 1,
        };
        new Trainer(model, data, null, options, null, watcher).Run();
        int[] Lengths(int epoch) => [.. Enumerable.Range(0, data.StepsInEpoch(epoch)).Select(i => data.Batch(epoch, i).Steps)];
        int[] lengths = [.. Lengths(0), .. Lengths(1)];
        Assert.Equal(lengths.Length, watcher.Steps[^1].TotalSteps);
        Assert.Equal(lengths.Select(length => 0.01 * (length / 16.0)), watcher.Steps.Select(s => s.LearningRate));
        Assert.Equal([data.StepsInEpoch(0), data.StepsInEpoch(1)], watcher.Epochs.Select(e => e.Steps));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_parts_make_the_update_of_the_large_batch(bool lines)
    {
        var options = new TrainingOptions { Epochs = 2, BatchSize = 8, Bptt = 12, LearningRate = 0.01, WarmupSteps = 3 };
        ITrainingData Data() => lines ? new LineSamples(Lines(61), 1, 2, 8, 12, 5) : Stream(1500);
        using var large = GruLanguageModel.Create(_config with { Dropout = 0 }, _compute, 7);
        using var parts = GruLanguageModel.Create(_config with { Dropout = 0 }, _compute, 7);
        var first = new Recorder();
        var second = new Recorder();
        new Trainer(large, Data(), null, options with { LogInterval = 1 }, null, first).Run();
        new Trainer(parts, Data(), null, options with { LogInterval = 1, BatchSize = 3, GradAccum = 3 }, null, second).Run();
        Assert.Equal(first.Steps.Count, second.Steps.Count);
        Assert.Equal(first.Steps.Select(s => s.Tokens), second.Steps.Select(s => s.Tokens));
        foreach ((StepReport? a, StepReport? b) in first.Steps.Zip(second.Steps)) Assert.Equal(a.TrainNll, b.TrainNll, 2e-3);
        Assert.Equal(first.Steps[0].GradientNorm, second.Steps[0].GradientNorm, 1e-5);
    }

    [Fact]
    public void States_of_parts_are_saved_and_read_back()
    {
        var options = new TrainingOptions { MaxSteps = 9, BatchSize = 3, GradAccum = 3, Bptt = 16, LearningRate = 0.01, SaveInterval = 4 };
        using var whole = GruLanguageModel.Create(_config, _compute, 7);
        new Trainer(whole, Stream(3000), null, options with { Keep = 9 }, Store, new Recorder()).Run();
        string checkpoint = Checkpoint.Find(_folder + "/training").Single(c => c.Step == 4).Folder;
        using var resumed = GruLanguageModel.Load(checkpoint, _compute, seed: 7);
        var trainer = new Trainer(resumed, Stream(3000), null, options, null, new Recorder());
        trainer.ContinueFrom(Checkpoint.Load(checkpoint, resumed));
        trainer.Run();
        foreach (ParameterView view in whole.Parameters.Views)
        {
            Assert.Equal(whole.Parameters.Span(view.Name).ToArray(), resumed.Parameters.Span(view.Name).ToArray());
        }
    }

    [Fact]
    public void Patience_ends_a_run_that_no_longer_improves()
    {
        using var model = GruLanguageModel.Create(_config, _compute, 1);
        var watcher = new Recorder();

        // Nothing is learned at this rate, so the first evaluation stays the best but for luck.
        var options = new TrainingOptions
        {
            Epochs = 50,
            BatchSize = 8,
            Bptt = 16,
            LearningRate = 1e-30,
            MinLearningRate = 0,
            EvalInterval = 3,
            Patience = 4
        };
        var trainer = new Trainer(model, Stream(3000), HeldOut(100), options, Store, watcher);
        TrainingResult result = trainer.Run();
        Assert.True(result.Finished && trainer.OutOfPatience);
        Assert.True(result.Position.Step < result.Position.TotalSteps);
        Assert.All(watcher.Evaluations[^4..], e => Assert.False(e.IsBest));
        Assert.Equal(result.Position.Step, Checkpoint.Find(_folder + "/training")[0].Step);
    }

    [Fact]
    public void A_step_that_explodes_is_skipped_and_told_and_the_run_goes_on()
    {
        using var model = GruLanguageModel.Create(_config with { Dropout = 0 }, _compute, 1);
        var watcher = new Recorder();
        watcher.AfterStep = step =>
        {
            // For one step the model is as bad as can be.
            foreach (ParameterView? view in model.Parameters.Views.Where(v => v.Name.StartsWith("embedding", StringComparison.Ordinal)))
            {
                foreach (ref float x in model.Parameters.Span(view.Name)) x *= step == 20 ? 1000 : step == 21 ? 0.001f : 1;
            }

            model.ParametersChanged();
        };
        var options = new TrainingOptions { MaxSteps = 40, BatchSize = 8, Bptt = 16, LearningRate = 0.01, LogInterval = 1 };
        Assert.True(new Trainer(model, Stream(3000), null, options, null, watcher).Run().Finished);
        Assert.Contains("far worse than guessing; the step was skipped", Assert.Single(watcher.Notices), StringComparison.Ordinal);
        Assert.True(watcher.Steps[^1].TrainNll < watcher.Steps[15].TrainNll);
    }

    [Fact]
    public void A_part_of_an_epoch_is_not_called_a_whole_one()
    {
        using var model = GruLanguageModel.Create(_config, _compute, 1);
        var watcher = new Recorder();
        TokenStream data = Stream(3000);
        int steps = data.StepsInEpoch(0);
        new Trainer(model, data, null, new TrainingOptions { MaxSteps = steps + 2, LearningRate = 0.01 }, null, watcher).Run();
        Assert.Equal([(1, 2, steps, steps), (2, 2, 2, steps)], watcher.Epochs.Select(e => (e.Epoch, e.Epochs, e.Steps, e.StepsInEpoch)));
    }

    [Fact]
    public void A_full_disk_is_one_clear_line_and_leaves_the_checkpoints_before_it()
    {
        using var model = GruLanguageModel.Create(_config, _compute, 1);
        var watcher = new Recorder
        {
            AfterStep = step =>
            {
                if (step == 3) File.WriteAllText(Path.Combine(_folder, "training", "step-4.partial"), "in the way");
            },
        };
        var options = new TrainingOptions { MaxSteps = 9, SaveInterval = 2, LogInterval = 1, LearningRate = 0.01 };
        IOException error = Assert.Throws<IOException>(() => new Trainer(model, Stream(3000), null, options, Store, watcher).Run());
        Assert.Contains("step-4: this checkpoint could not be written", error.Message, StringComparison.Ordinal);
        Assert.Null(FolderChecksums.Check(Checkpoint.NewestWhole(_folder + "/training", _ => Assert.Fail("damaged"))!));
    }

    [Fact]
    public void A_run_that_diverges_stops_with_advice()
    {
        using var model = GruLanguageModel.Create(_config, _compute, 1);
        model.Parameters.Span("embedding.weight").Fill(float.NaN);
        var watcher = new Recorder();
        InvalidDataException error = Assert.Throws<InvalidDataException>(
            () => new Trainer(model, Stream(3000), null, new TrainingOptions(), null, watcher).Run());
        Assert.Contains("'LearningRate'", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(watcher.Notices);
    }

    [Fact]
    public void Options_out_of_their_range_are_refused_by_name()
    {
        using var model = GruLanguageModel.Create(_config, _compute, 1);
        Refused(new TrainingOptions { LearningRate = double.NaN }, "'LearningRate' is NaN");
        Refused(new TrainingOptions { Epochs = 0 }, "'Epochs' is 0");
        Refused(new TrainingOptions { GradAccum = 0 }, "'GradAccum' is 0");
        Refused(new TrainingOptions { LogInterval = -1 }, "'LogInterval' is -1");
        Refused(new TrainingOptions { Schedule = (ScheduleKind)9 }, "'Schedule' is 9");

        void Refused(TrainingOptions options, string expected)
        {
            ArgumentException error = Assert.Throws<ArgumentException>(() => new Trainer(model, Stream(300), null, options));
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Stopped_before_the_first_step_it_still_leaves_a_model()
    {
        using var model = GruLanguageModel.Create(_config, _compute, 1);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.False(new Trainer(model, Stream(300), HeldOut(50), new TrainingOptions(), Store, new Recorder()).Run(stop.Token).Finished);
        using var saved = GruLanguageModel.Load(_folder, _compute);
        Assert.Equal(model.Parameters.Span("embedding.weight").ToArray(), saved.Parameters.Span("embedding.weight").ToArray());
    }

    private static TokenStream Stream(int count) => new(Periodic(count), 8, 16, seed: 1);

    private static HeldOutStream HeldOut(int count) => new(Periodic(count), Enumerable.Range(1, count).Select(i => (long)i).ToArray());

    private static int[][] Lines(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Enumerable.Range(3, 2 + (i % 15)).ToArray())];

    private static int[] Periodic(int count) => [.. Enumerable.Range(0, count).Select(i => 3 + ((i * i) % 13))];

    private sealed class Recorder : ITrainingObserver
    {
        public List<StepReport> Steps { get; } = [];

        public List<EvaluationReport> Evaluations { get; } = [];

        public List<EpochReport> Epochs { get; } = [];

        public List<string> Notices { get; } = [];

        public Action<long>? AfterStep { get; set; }

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
