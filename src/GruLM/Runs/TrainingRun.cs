// A training run, from settings to a model folder: it claims the folder, reads the text, learns or loads the tokenizer, fits itself into
// the time that there is, trains, and leaves a folder that can be opened, evaluated, shown and resumed. It goes one way: RunFolder is the
// only writer of the folder, TextTraining knows no files, Trainer no text.

using System.Diagnostics;
using GruLM.Corpus;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>
/// A training run. <see cref="Start"/> and <see cref="Resume"/> do everything that can fail on bad input; <see cref="Run"/> trains. Used by
/// one thread at a time; dispose it, also after an error, so that the folder is free for others.
/// </summary>
/// <example><code>
/// TrainingSettings settings = Recipes.Small.Settings with { Data = ["book.txt"], OutDir = "model" };
/// using TrainingRun run = TrainingRun.Start(settings);
/// run.Run();
/// </code></example>
public sealed class TrainingRun : IDisposable
{
    private const double DryRunSeconds = 3;

    private readonly IRunFolder _folder;
    private readonly RunRanks _ranks;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly CancellationToken _cancel;
    private readonly RunObservers _observers;
    private TrainingSettings _settings;
    private Recipe? _recipe;

    // This process's own, and the one whose models all processes of the run train together; the same where there is one.
    private RunDevices? _devices;
    private TextTraining? _training;
    private RunJudge? _judge;
    private GenerationConfig _defaults = new();
    private AskedLength _asked;

    // What ends the training at work; null while there is none.
    private CancellationTokenSource? _work;
    private bool _endsWithWork;

    private TrainingRun(
        IRunFolder folder, TrainingSettings settings, RunObservers observers, RunRanks ranks, CancellationToken cancel)
    {
        (_folder, _observers, _ranks, _cancel) = (folder, observers, ranks, cancel);
        _settings = StartingModel.WithSizes(settings, folder.CheckpointFolder);
    }

    /// <summary>What the run is told, with nothing left open that is decided by now.</summary>
    public TrainingSettings Settings
    {
        get
        {
            // What "auto" came to is decided once.
            TrainingSettings decided = SettingsDecided.Decide(_settings);
            if (_folder.GoesOn) return decided;
            return decided with { Precision = _devices?.Precision ?? Precision.Fp32 };
        }
    }

    /// <summary>Whether the run goes on where it was ended.</summary>
    public bool IsResumed => _folder.GoesOn;

    // Whether samples are lines and some of them are exchanges.
    private bool HasExchanges => _settings.Samples == SampleKind.Lines && _defaults.Chat.IsTrained == true;

    /// <summary>What the run is going to be.</summary>
    public RunPlan Plan { get; private set; } = null!;

    /// <summary>Begins a run in a folder of its own.</summary>
    /// <param name="settings">What it is told.</param>
    /// <param name="observer">Is told of it; null: nobody is.</param>
    /// <param name="standardInput">What <c>-</c> among the data reads; null for the process's own standard input.</param>
    /// <param name="cancel">Ends the preparation with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">A setting is out of its range, or settings do not go together.</exception>
    /// <exception cref="IOException">The folder is not free, or a file cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">The text cannot be trained on.</exception>
    public static TrainingRun Start(
        TrainingSettings settings, IRunObserver? observer = null, Stream? standardInput = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        SettingsCheck.Check(settings);
        var ranks = RunRanks.Join();
        return ranks.Together(() =>
        {
            IRunFolder folder = ranks.Folder(() => RunFolder.Claim(settings, isDryRun: false), settings).Folder;
            return Prepared(folder, (settings, null), ranks, observer, standardInput, cancel);
        });
    }

    /// <summary>Whether there is a run in <paramref name="folder"/> that <see cref="Resume"/> takes up, ended or not.</summary>
    public static bool CanResume(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!Directory.Exists(folder)) return false;
        FolderSwitch.Settle(folder);
        var layout = new RunLayout(folder);
        return File.Exists(layout.Settings) || File.Exists(layout.Next.Settings);
    }

    /// <summary>Takes up a run where its newest checkpoint stands.</summary>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="change">Gives it other settings of those that may change (<see cref="Setting.MayChange"/>), such as more epochs, or the
    /// new place of a text (<see cref="Setting.MayMove"/>); null: none. Epochs, steps and minutes count from the beginning of the run; of a
    /// run that has come to its end they lift the limit that ended it.</param>
    /// <param name="observer">Is told of it; null: nobody is.</param>
    /// <param name="standardInput">What <c>-</c> among the data reads, where the run's own copy of it is gone.</param>
    /// <param name="cancel">Ends the preparation with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">Something else was changed.</exception>
    /// <exception cref="IOException">There is no run in the folder, or it is at work.</exception>
    /// <exception cref="InvalidDataException">The run is damaged, or its text is not what it was.</exception>
    public static TrainingRun Resume(
        string folder, Func<TrainingSettings, TrainingSettings>? change = null, IRunObserver? observer = null,
        Stream? standardInput = null, CancellationToken cancel = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var ranks = RunRanks.Join();
        var observers = new RunObservers(ranks.IsFirst ? observer : null);
        return ranks.Together(() =>
        {
            (IRunFolder claimed, TrainingSettings settings) =
                ranks.Folder(() => RunFolder.Resume(folder, ((IProgressObserver)observers).OnNotice), new TrainingSettings());
            return Prepared(claimed, (settings, change), ranks, observer, standardInput, cancel);
        });
    }

    /// <summary>Does everything but train, and measures for some seconds what training would take. Nothing is written.</summary>
    /// <inheritdoc cref="Start"/>
    public static RunEstimate DryRun(
        TrainingSettings settings, IRunObserver? observer = null, Stream? standardInput = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        SettingsCheck.Check(settings);
        var folder = RunFolder.Claim(settings, isDryRun: true);
        var alone = new RunRanks(null);
        using TrainingRun run = Prepared(folder, (settings, null), alone, observer, standardInput, cancel);
        TextTraining training = run._training!;
        SpeedMeasurement speed = training.MeasureSpeed(DryRunSeconds, cancel);
        TrainingOptions options = SettingsDecided.Options(run._settings).Training;
        double tokensPerSecond = training.Data.TokensPerEpoch / (speed.Step * training.Data.StepsInEpoch(0));
        return new RunEstimate(
            run.Plan, tokensPerSecond, speed.Step, speed.Evaluation, speed.Of(training.TotalSteps, training.Data, options));
    }

    /// <summary>Trains to the end, or until <paramref name="cancel"/>: then a checkpoint is written first and the run can be
    /// resumed.</summary>
    /// <exception cref="InvalidDataException">Loss or gradients stay broken.</exception>
    /// <exception cref="IOException">Nothing can be saved.</exception>
    /// <exception cref="ObjectDisposedException">The run was disposed, before or by its observer.</exception>
    public RunOutcome Run(CancellationToken cancel = default)
    {
        TextTraining training = _training ?? throw new ObjectDisposedException(nameof(TrainingRun));
        using var work = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _work = work;
        try
        {
            RunOutcome outcome = _ranks.Together(() => Train(training, work.Token));
            if (!_endsWithWork) return outcome;
            throw new ObjectDisposedException(
                null, "the run was disposed while it trained: it stopped there and saved a checkpoint, from which it can be resumed");
        }
        finally
        {
            _work = null;
            if (_endsWithWork) Dispose();
        }
    }

    /// <summary>The figures of the best model so far on all of the held-out part, as evaluating the folder gives them, where the run's own
    /// evaluations read only some of it and reading all takes no more than some seconds; else null.</summary>
    /// <exception cref="IOException">The model cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or its scores are not numbers.</exception>
    public EvaluationResult? EvaluateWhole(CancellationToken cancel = default)
    {
        bool readsSome = _ranks.IsFirst && _settings.EvalTokens > 0 && _settings.EvalTokens < _training?.HeldOut?.Tokens;
        return readsSome ? WholeHeldOut.Evaluate(_training!, _folder.WeightsPath, _devices!.Judging, cancel) : null;
    }

    /// <summary>Frees the folder and the memory. Called by an observer while the run trains, it ends the training as a cancellation does,
    /// with a checkpoint, and <see cref="Run"/> then throws <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        if (_work is not null)
        {
            _endsWithWork = true;
            _work.Cancel();
            return;
        }

        _training?.Dispose();
        _training = null;
        _devices?.Dispose();
        _folder.Dispose();
    }

    private RunOutcome Train(TextTraining training, CancellationToken cancel)
    {
        if (Plan.IsDone)
        {
            if (_folder.Settings!.Minutes > 0) _folder.WriteFinalSettings(TimePlan.WithPlan(Settings, training.Position));
            var ended = new RunOutcome(training.Position, true, training.OutOfPatience, KeepsOldModel: false);
            if (_folder.KeepsOldModel && training.Position.Best is not null) ended = Placed(ended, training, cancel);
            return ended with { KeepsOldModel = _folder.KeepsOldModel };
        }

        _observers.Files = _folder.Open(Settings, _defaults, training.Position.Step);
        TrainingResult result = training.Run(cancel);
        var outcome = new RunOutcome(result.Position, result.Finished, training.OutOfPatience, KeepsOldModel: false);
        if (result.Finished) outcome = Placed(outcome, training, cancel);
        if (result.Finished && result.Position.Plan.Count > 0)
        {
            _folder.WriteFinalSettings(TimePlan.WithPlan(Settings, result.Position));
        }

        return outcome with { KeepsOldModel = _folder.KeepsOldModel };
    }

    private static TrainingRun Prepared(
        IRunFolder folder, (TrainingSettings Settings, Func<TrainingSettings, TrainingSettings>? Change) told, RunRanks ranks,
        IRunObserver? observer, Stream? standardInput, CancellationToken cancel)
    {
        if (!ranks.IsFirst) (observer, cancel) = (null, default);
        var observers = new RunObservers(observer);
        TrainingRun? run = null;
        try
        {
            (TrainingSettings settings, AskedLength asked) = AskedLength.Change(told.Settings, told.Change);
            run = new TrainingRun(folder, settings, observers, ranks, cancel) { _asked = asked };
            run.Prepare(standardInput);
            return run;
        }
        catch (Exception error)
        {
            ranks.Tell(error);
            try
            {
                if (error is not OperationCanceledException) folder.TakeBack();
            }
            finally
            {
                (run as IDisposable ?? folder).Dispose();
            }

            throw;
        }
    }

    private void Prepare(Stream? standardInput)
    {
        // Before the text, which may take minutes to read, since a machine may lack the device.
        _devices = new RunDevices(_settings, _ranks);
        _ranks.Check(_settings, _devices.Device);
        _settings = _folder.WithTexts(_settings, ((IProgressObserver)_observers).OnPhase, _cancel);
        var reading = new CorpusReading(_observers, _cancel) { StandardInput = standardInput };
        var texts = TrainingTexts.Read(_settings, _folder, reading);
        LookAt(texts.Training);
        TextTrainingOptions options = SettingsDecided.Options(_settings) with
        {
            ContinueFrom = _folder.CheckpointFolder,
            Opening = StartingModel.HasOpening(_settings, _folder.CheckpointFolder),
        };
        var around = new RunSurroundings(_devices.Training, _folder, _observers, _cancel);
        var record = RunRecord.Of(texts, _settings, _folder, _devices.Device);
        _ranks.Check(record);
        Tokenizer? kept = _folder.Begin(Settings, record, ((IProgressObserver)_observers).OnNotice);
        Tokenizer tokenizer = _ranks.OfFirst(() => new TokenizerChoice(_settings, options, around).Choose(texts, kept));
        if (kept is null) _folder.Keep(tokenizer);
        _training = _ranks.FirstBeforeOthers(() =>
            TextTraining.Prepare(texts, options with { Tokenizer = tokenizer, TokenFilePath = _folder.TokenPath }, around));
        options = WithMore(options, _training);
        _defaults = TrainedExchanges.Defaults(
            texts.Training, options.Samples, StartingModel.Defaults(_settings, _folder.CheckpointFolder), _cancel);
        _judge = JudgeOf(texts, _training, options.Training);
        _observers.Training = _ranks.IsFirst ? _training : null;
        _observers.SamplePrompt = _settings.SamplePrompt ?? "";
        Plan = MakePlan(options.Training);
        _observers.OnPrepared(Plan);
        if (_settings.Minutes is { } minutes)
        {
            (int? epochs, int evalTokens) = TimePlan.Fit(_training, options.Training, minutes, _clock, around);
            _settings = _settings with { EvalTokens = evalTokens };
            Plan = MakePlan(options.Training) with { Minutes = minutes, EpochsThatEndIt = epochs };
        }
        else if (_recipe is not null)
        {
            Plan = Plan with { Seconds = TimePlan.Estimate(_training, options.Training, _cancel) };
        }

        _observers.OnPlanned(Plan);
    }

    // A run that has come to its end goes on for what is asked for, whatever ended it. The plan is written down before the first step, so
    // that a run that is killed soon after still knows of it.
    private TextTrainingOptions WithMore(TextTrainingOptions options, TextTraining training)
    {
        if (!_asked.IsAny || !training.HadEnded) return options;
        _settings = _asked.WithoutOtherLimits(_settings, training.Position, training.Data.StepsInEpoch(0));
        options = options with { Training = SettingsDecided.Options(_settings).Training };
        training.GoOn(options.Training);
        if (_settings.Minutes is null) _settings = _settings with { StepPlan = training.Position.Plan };
        return options;
    }

    // The model of a run that has ended, judged and in the place of the old one.
    private RunOutcome Placed(RunOutcome outcome, TextTraining training, CancellationToken cancel)
    {
        try
        {
            return _judge is null ? outcome : _judge.Judge(outcome, training.Model, _folder, cancel);
        }
        finally
        {
            _folder.TakeThePlace();
        }
    }

    // What kind of text it is decides the recipe, where none was given, and may be worth a word.
    private void LookAt(CorpusText training)
    {
        if (_folder.GoesOn) return;
        if (_settings.InitFrom is not null)
        {
            if (StartingModel.Advice(_settings, training) is { } toAdd) ((IProgressObserver)_observers).OnNotice(toAdd);
            return;
        }

        var profile = TextProfile.Of(training, _settings.Samples ?? SampleKind.Stream);
        if (profile.Advice is { } advice) ((IProgressObserver)_observers).OnNotice(advice);
        if (!_settings.ChooseRecipe) return;
        if (_ranks.IsFirst) (_recipe, _settings) = RecipeChoice.Choose(_settings, profile);
        (_recipe, _settings) = _ranks.OfFirst(_recipe, _settings);
        SettingsCheck.Check(_settings);
        if (_settings.Device == Devices.Cpu) return;
        _devices!.Dispose();
        _devices = new RunDevices(_settings, _ranks);
    }

    private RunJudge? JudgeOf(TrainingTexts texts, TextTraining training, TrainingOptions options)
    {
        if (!_ranks.IsFirst) return null;
        bool comparesModels = _settings.InitFrom is { } source && !(_folder.GoesOn && training.Done) && _folder.IsStart(source);
        IDevice device = _devices!.Judging;
        FineTuning? fineTuning = comparesModels ? FineTuning.Begin(_settings.InitFrom!, training, options, device, _cancel) : null;
        RunAnswers? answers = HasExchanges ? RunAnswers.Of(texts, training.Tokenizer, training.Model.Config.Opening, _cancel) : null;
        return fineTuning is null && answers is null ? null : new RunJudge(answers, fineTuning, device);
    }

    private RunPlan MakePlan(TrainingOptions options)
    {
        TextTraining training = _training!;
        return new RunPlan
        {
            Config = training.Model.Config,
            Parameters = training.Model.Parameters.Count,
            Samples = _settings.Samples ?? SampleKind.Stream,
            HasExchanges = HasExchanges,
            HasSingleExchanges = HasExchanges && _defaults.Chat.IsSingle == true,
            TokensPerEpoch = training.Data.TokensPerEpoch,
            StepsPerEpoch = training.Data.StepsInEpoch(0),
            HeldOutTokens = training.HeldOut?.Tokens,
            EvalTokens = _settings.EvalTokens,
            Lanes = (training.Data as TokenStream)?.Lanes ?? options.BatchSize * options.GradAccum,
            Bptt = options.Bptt,
            RandomBptt = options.RandomBptt,
            TotalSteps = training.TotalSteps,
            StepsDone = training.Position.Step,
            SecondsDone = training.Position.Seconds,
            Kernels = _devices!.Device.Description,
            Threads = _devices.Device.Threads,
            Hosts = _ranks.Hosts,
            MemoryBytes = MemoryNeed.TrainingBytes(training.Model.Config, options),
            IsDone = _folder.GoesOn && training.Done,
            IsOutOfPatience = training.OutOfPatience,
            EvaluationsSinceBest = training.Position.EvaluationsSinceBest,
            Checkpoint = _folder.CheckpointFolder,
            Recipe = _recipe?.Name,
            Before = _judge?.FineTuning?.Before,
            OldBefore = _judge?.FineTuning?.OldBefore,
        };
    }
}
