// grulm train: text in, model folder out. Checks first, then says what will happen, trains, and says what came out. The folder is
// RunFolder's, what a run is going to be TrainingPlan's.

using System.Diagnostics;
using System.Globalization;
using GruLM.Formats;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>Runs <c>grulm train</c>.</summary>
internal sealed class TrainRun
{
    private readonly TrainSettings _settings;
    private readonly RunFolder _folder;
    private readonly Session _session;
    private readonly TextWriter _messages;
    private readonly TrainingDisplay _display;

    private TrainRun(TrainSettings settings, RunFolder folder, Session session)
    {
        TextTrainingOptions options = WithSizesOfModel(settings, folder.CheckpointFolder);
        _settings = settings with { Options = options with { ContinueFrom = folder.CheckpointFolder } };
        (_folder, _session, _messages) = (folder, session, session.Error);
        _display = new TrainingDisplay(session.Error, session.ErrorIsTerminal);
    }

    /// <summary>Trains and returns the exit code.</summary>
    public static int Run(TrainSettings settings, Session session)
    {
        var clock = Stopwatch.StartNew();
        using var folder = new RunFolder(settings, session.Error);
        return new TrainRun(settings, folder, session).Run(clock);
    }

    private int Run(Stopwatch clock)
    {
        var texts = TrainingTexts.Read(_settings, _folder, _session);
        if (texts.HeldOut.IsEmpty) CheckNothingJudges();
        using var compute = Compute.Create(_settings.Threads, _settings.Precision);
        var observers = new List<ITrainingObserver> { _display };
        using TextTraining run = Prepare(texts, compute, new SharedObserver(observers));
        TrainingPlan.WriteModel(run, _messages);
        if (_settings.DryRun) return TrainingPlan.DryRun(run, _settings, compute, _messages, _session.Stop);
        TrainingPlan.FitIntoTime(run, _settings, clock, _messages, _session.Stop);
        TrainingPlan.WriteTraining(run, _settings, compute, _messages);
        if (_settings.Resume && run.Done)
        {
            if (_settings.Minutes > 0) _folder.WriteFinalSettings(TrainingPlan.WithPlan(_settings, run.Position));
            WriteNothingLeft(run);
            return ExitCode.Done;
        }

        if (_settings.Resume) WriteWhereItGoesOn();
        _folder.Open(_settings, run.Tokenizer, run.Position.Step);
        observers.AddRange(_folder.Figures);
        if (_settings.Options.Training.SampleEvery > 0) observers.Add(Samples(run));
        return Train(run);
    }

    private int Train(TextTraining run)
    {
        TrainingResult result;
        try
        {
            result = run.Run(_session.Stop);
        }
        finally
        {
            _display.Finish();
        }

        if (result.Finished && result.Position.Plan.Count > 0)
        {
            _folder.WriteFinalSettings(TrainingPlan.WithPlan(_settings, result.Position));
        }

        _messages.Write(LossCurve.Draw(_display.TrainCurve, "training loss (nats a token) by step"));
        _messages.Write(LossCurve.Draw(_display.BitsCurve, "held-out bits a byte by step"));
        WriteEnd(result, run.OutOfPatience);
        return result.Finished ? ExitCode.Done : ExitCode.Stopped;
    }

    private TrainingSamples Samples(TextTraining run)
    {
        string prompt = _settings.SamplePrompt ?? (_settings.Options.Samples == SampleKind.Lines ? "" : "\n");
        return new TrainingSamples(run, prompt, _display, _folder.Samples!);
    }

    // Without held-out text nothing may depend on its figures.
    private void CheckNothingJudges()
    {
        TrainingOptions options = _settings.Options.Training;
        string? judge = options.Patience > 0 ? "--patience"
            : options.Schedule == ScheduleKind.Plateau ? "--schedule plateau"
            : null;
        if (judge is null) return;
        throw new ArgumentException($"{judge} needs held-out text to judge by: give --val-data or a --val-fraction above 0");
    }

    // Everything that can fail on bad input, so that what was written by then can be taken back.
    private TextTraining Prepare(TrainingTexts texts, Compute compute, SharedObserver observer)
    {
        RunRecord record = RecordOf(texts, compute);
        try
        {
            Tokenizer? kept = _folder.Begin(record, compute.Bf16 is not null, _messages);
            Tokenizer tokenizer = ChooseTokenizer(texts, kept);
            if (kept is null) _folder.Keep(tokenizer);
            TextTrainingOptions options = _settings.Options with
            {
                Tokenizer = tokenizer,
                TokenFilePath = _settings.DryRun ? null : _folder.TokenPath,
            };
            return TextTraining.Prepare(
                texts.Training, texts.HeldOut, options, compute, _settings.OutDir, observer, WritePhase, _session.Stop);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            _folder.TakeBack();
            throw;
        }
    }

    private RunRecord RecordOf(TrainingTexts texts, Compute compute)
    {
        TextTrainingOptions options = _settings.Options;
        string precision = compute.Bf16 is null ? "fp32" : "bf16";
        return new RunRecord
        {
            Training = TextRecord.Of(texts.Training),
            HeldOut = TextRecord.Of(texts.HeldOut),
            Kernels = $"{compute.Path} {precision}".ToLowerInvariant(),
            Version = CommandLine.Version,
            InitFrom = options.InitFrom is null || options.ContinueFrom is not null
                ? null
                : FolderChecksums.Of(Path.Combine(options.InitFrom, ModelFile.WeightsName)),
        };
    }

    // The one that the run began with, that of a model or file, or one that is learned.
    private Tokenizer ChooseTokenizer(TrainingTexts texts, Tokenizer? kept)
    {
        TextTrainingOptions options = _settings.Options;
        string? source = options.InitFrom ?? _settings.Tokenizer;
        Tokenizer? given = kept ?? (source is null ? null : Tokenizer.Load(ModelFolder.TokenizerPath(source)));
        TextTraining.Check(texts.Training, options with { Tokenizer = given });
        if (options.MaskPrompt && TextTraining.SamplesWithoutAnswer(texts.Training) is > 0 and var count)
        {
            string marker = new ChatTemplate().Ai;
            _messages.WriteLine(
                $"note: {count} samples have no {marker}, so --mask-prompt leaves nothing of them to learn; they are left out");
        }

        if (given is not null) return given;
        Tokenizer learned = TextTraining.LearnTokenizer(texts.Training, options, WritePhase, _session.Stop);
        if (learned.VocabSize < options.VocabSize)
        {
            _messages.WriteLine(
                $"note: the text supports {learned.VocabSize} pieces, fewer than --vocab-size {options.VocabSize}; "
                + $"using {learned.VocabSize}");
        }

        return learned;
    }

    // A model that training starts from brings its sizes; that of a checkpoint has them still when the other is gone.
    private static TextTrainingOptions WithSizesOfModel(TrainSettings settings, string? checkpoint)
    {
        TextTrainingOptions options = settings.Options;
        if (options.InitFrom is null) return options;
        (GruConfig config, SampleKind samples) = ModelFile.LoadConfig(checkpoint ?? options.InitFrom);
        return options with
        {
            VocabSize = config.VocabSize,
            EmbeddingDim = config.EmbeddingDim,
            HiddenDim = config.HiddenDim,
            NumLayers = config.NumLayers,
            TieWeights = config.TieWeights,
            LayerNorm = config.LayerNorm,
            Residual = config.Residual,
            Samples = settings.SamplesGiven ? options.Samples : samples,
        };
    }

    private void WritePhase(string phase) => _messages.WriteLine($"{phase} …");

    private void WriteWhereItGoesOn() => _messages.WriteLine(_folder.CheckpointFolder is { } checkpoint
        ? $"continuing from {checkpoint}"
        : "no checkpoint was written yet: starting from the beginning");

    private void WriteNothingLeft(TextTraining run)
    {
        RunPosition position = run.Position;
        if (run.OutOfPatience)
        {
            _messages.WriteLine(
                $"nothing is left to do: the last {position.EvaluationsSinceBest} evaluations were no better; "
                + "give more --patience to go on");
            return;
        }

        string more = position.Plan.Count > 0 ? "--minutes (and --epochs, if those ended it)" : "--epochs";
        _messages.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"nothing is left to do: {position.Step:#,0} steps are made, the run has {run.TotalSteps:#,0}; "
            + $"give more {more} or --max-steps to go on"));
    }

    private void WriteEnd(TrainingResult result, bool outOfPatience)
    {
        RunPosition position = result.Position;
        if (!result.Finished)
        {
            _messages.WriteLine(
                $"stopped at step {position.Step:#,0} of {position.TotalSteps:#,0}; the model so far is saved; "
                + $"go on with: grulm train --resume {_settings.OutDir}");
        }
        else if (outOfPatience)
        {
            _messages.WriteLine(
                $"ended at step {position.Step:#,0} of {position.TotalSteps:#,0}: "
                + $"{position.EvaluationsSinceBest} evaluations in a row were no better");
        }

        if (position.Best is { } best) _messages.WriteLine($"best held-out figures: {TrainingDisplay.Figures(best)}");
        _messages.WriteLine($"model in {_settings.OutDir}; try: grulm generate --model {_settings.OutDir} --prompt \"…\"");
    }
}
