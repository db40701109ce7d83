// grulm train: text in, model folder out. Checks first, then says what will happen, trains, and says what came out.

using System.Diagnostics;
using System.Globalization;
using GruLM.Corpus;
using GruLM.Formats;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>What <c>grulm train</c> was told.</summary>
internal sealed record TrainSettings
{
    public required IReadOnlyList<string> Data { get; init; }

    public required string OutDir { get; init; }

    public string? Tokenizer { get; init; }

    public string? ValData { get; init; }

    public double ValFraction { get; init; } = 0.1;

    /// <summary>Whether a text comes from standard input.</summary>
    public bool ReadsStandardInput => Data.Contains(CorpusFiles.StandardInput) || ValData == CorpusFiles.StandardInput;

    /// <summary>How the data are read.</summary>
    public DataForm Form { get; init; } = new();

    public bool Overwrite { get; init; }

    /// <summary>Minutes to train for; 0: the options say how many steps.</summary>
    public double Minutes { get; init; }

    /// <summary>Whether the number of epochs was said; otherwise time may decide it.</summary>
    public bool EpochsGiven { get; init; }

    /// <summary>What samples begin with; null for the default.</summary>
    public string? SamplePrompt { get; init; }

    /// <summary>Whether to do everything but train.</summary>
    public bool DryRun { get; init; }

    /// <summary>Whether the kind of samples was said; otherwise a model that training starts from decides it.</summary>
    public bool SamplesGiven { get; init; }

    /// <summary>Whether the run in <see cref="OutDir"/> goes on.</summary>
    public bool Resume { get; init; }

    public int Threads { get; init; }

    public Precision Precision { get; init; }

    /// <summary>Everything that the library is told; its tokenizer is filled in from <see cref="Tokenizer"/>.</summary>
    public TextTrainingOptions Options { get; init; } = new();
}

/// <summary>Runs <c>grulm train</c>.</summary>
internal static class TrainRun
{
    public static int Run(TrainSettings settings, Stream input, TextWriter messages, bool live, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        using var folder = new RunFolder(settings, messages);
        TextTrainingOptions options = FromModel(settings, folder.CheckpointFolder) with { ContinueFrom = folder.CheckpointFolder };
        settings = settings with { Options = options };
        (CorpusText training, CorpusText heldOut) = ReadTexts(settings, folder, input, messages, cancel);
        if (heldOut.IsEmpty
            && (options.Training.Patience > 0 ? "--patience" : options.Training.Schedule == ScheduleKind.Plateau
            ? "--schedule plateau"
            : null) is { } judge)
        {
            throw new ArgumentException($"{judge} needs held-out text to judge by: give --val-data or a --val-fraction above 0");
        }

        using var compute = Compute.Create(settings.Threads, settings.Precision);
        var display = new TrainingDisplay(messages, live);
        var observers = new List<ITrainingObserver> { display };
        using TextTraining run = Prepare(settings, folder, training, heldOut, compute, new SharedObserver(observers), messages, cancel);
        TrainingPlan.WriteModel(run, messages);
        if (settings.DryRun) return TrainingPlan.DryRun(run, settings, compute, messages, cancel);
        TrainingPlan.FitIntoTime(run, settings, clock, messages, cancel);
        TrainingPlan.WriteTraining(run, settings, compute, messages);
        if (settings.Resume && run.Done)
        {
            if (settings.Minutes > 0) folder.Decided(TrainingPlan.AsDecided(settings, run.Position));
            messages.WriteLine(run.OutOfPatience
                ? $"nothing is left to do: the last {run.Position.EvaluationsSinceBest} evaluations were no better; give more --patience to go on"
                : string.Create(CultureInfo.InvariantCulture,
                $"nothing is left to do: {run.Position.Step:#,0} steps are made, the run has {run.TotalSteps:#,0}; give more {(run.Position.Plan.Count > 0 ? "--minutes (and --epochs, if those ended it)" : "--epochs")} or --max-steps to go on"));
            return ExitCode.Done;
        }

        if (settings.Resume)
        {
            messages.WriteLine(folder.CheckpointFolder is { } from
                ? $"continuing from {from}"
                : "no checkpoint was written yet: starting from the beginning");
        }

        folder.Open(settings, run.Tokenizer, run.Position.Step);
        observers.AddRange(folder.Figures);
        if (options.Training.SampleEvery > 0)
        {
            observers.Add(
                new TrainingSamples(run, settings.SamplePrompt ?? (options.Samples == SampleKind.Lines ? "" : "\n"), display,
                folder.Samples!));
        }

        TrainingResult result;
        try
        {
            result = run.Run(cancel);
        }
        finally
        {
            display.Finish();
        }

        if (result.Finished && result.Position.Plan.Count > 0) folder.Decided(TrainingPlan.AsDecided(settings, result.Position));
        messages.Write(LossCurve.Draw(display.TrainCurve, "training loss (nats a token) by step"));
        messages.Write(LossCurve.Draw(display.BitsCurve, "held-out bits a byte by step"));
        if (!result.Finished)
        {
            messages.WriteLine(
                $"stopped at step {result.Position.Step:#,0} of {result.Position.TotalSteps:#,0}; the model so far is saved; go on with: grulm train --resume {settings.OutDir}");
        }
        else if (run.OutOfPatience)
        {
            messages.WriteLine(
                $"ended at step {result.Position.Step:#,0} of {result.Position.TotalSteps:#,0}: {result.Position.EvaluationsSinceBest} evaluations in a row were no better");
        }

        if (result.Position.Best is { } best) messages.WriteLine($"best held-out figures: {TrainingDisplay.Figures(best)}");
        messages.WriteLine($"model in {settings.OutDir}; try: grulm generate --model {settings.OutDir} --prompt \"…\"");
        return result.Finished ? ExitCode.Done : ExitCode.Stopped;
    }

    // Everything that can fail on bad input, so that what was written by then can be taken back.
    private static TextTraining Prepare(
        TrainSettings settings, RunFolder folder, CorpusText training, CorpusText heldOut, Compute compute, ITrainingObserver observer,
        TextWriter messages, CancellationToken cancel)
    {
        void Phase(string phase) => messages.WriteLine($"{phase} …");
        TextTrainingOptions options = settings.Options;
        var record = new RunRecord
        {
            Training = TextRecord.Of(training),
            HeldOut = TextRecord.Of(heldOut),
            Kernels = $"{compute.Path} {(compute.Bf16 is null ? "fp32" : "bf16")}".ToLowerInvariant(),
            Version = CommandLine.Version,
            InitFrom = options.InitFrom is null || options.ContinueFrom is not null
                ? null
                : FolderChecksums.Of(Path.Combine(options.InitFrom, ModelFile.WeightsName)),
        };
        try
        {
            Tokenizer? there = folder.Begin(record, compute.Bf16 is not null, messages);
            Tokenizer? tokenizer = there
                ?? ((options.InitFrom ?? settings.Tokenizer) is { } source ? Tokenizer.Load(ModelFolder.TokenizerPath(source)) : null);
            TextTraining.Check(training, options with { Tokenizer = tokenizer });
            if (options.MaskPrompt && TextTraining.SamplesWithoutAnswer(training) is > 0 and var none)
            {
                messages.WriteLine(
                    $"note: {none} samples have no {new ChatTemplate().Ai}, so --mask-prompt leaves nothing of them to learn; they are left out");
            }

            if (tokenizer is null)
            {
                tokenizer = TextTraining.LearnTokenizer(training, options, Phase, cancel);
                if (tokenizer.VocabSize < options.VocabSize)
                {
                    messages.WriteLine(
                        $"note: the text supports {tokenizer.VocabSize} pieces, fewer than --vocab-size {options.VocabSize}; using {tokenizer.VocabSize}");
                }
            }

            if (there is null) folder.Keep(tokenizer);
            return TextTraining.Prepare(
                training, heldOut, options with { Tokenizer = tokenizer, TokenFilePath = settings.DryRun ? null : folder.TokenPath },
                compute, settings.OutDir, observer, Phase, cancel);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            folder.TakeBack();
            throw;
        }
    }

    // A model that training starts from brings its sizes; that of a checkpoint has them still when the other is gone.
    private static TextTrainingOptions FromModel(TrainSettings settings, string? checkpoint)
    {
        TextTrainingOptions options = settings.Options;
        if (options.InitFrom is null) return options;
        (GruConfig? config, SampleKind samples) = ModelFile.LoadConfig(checkpoint ?? options.InitFrom);
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

    private static (CorpusText Training, CorpusText HeldOut) ReadTexts(
        TrainSettings settings, RunFolder folder, Stream input, TextWriter messages, CancellationToken cancel)
    {
        settings.Form.Check(settings.ValData is null ? settings.Data : [.. settings.Data, settings.ValData]);
        using FileStream? kept = settings is { Resume: true, ReadsStandardInput: true } ? KeptInput.Open(settings.OutDir) : null;
        if (settings is { Resume: true, ReadsStandardInput: true } && kept is null)
        {
            messages.WriteLine(
                $"note: this run's text came from standard input, and {KeptInput.PathIn(settings.OutDir)} is gone: the same text is expected on standard input again");
        }

        Stream? copy = settings.ReadsStandardInput ? folder.KeepInput() : null;
        messages.WriteLine(
            $"reading {string.Join(", ", settings.Data)} …{(copy is null ? "" : $" (standard input is kept in {KeptInput.PathIn(settings.OutDir)} for --resume)")}");
        CorpusText text = Read(settings.Data);
        if (settings.ValData is not null) return (text, Read([settings.ValData]));
        if (settings.ValFraction == 0) return (text, default);
        return settings.Options.Samples == SampleKind.Lines
            ? text.SplitBySamples(settings.ValFraction)
            : text.SplitByCharacters(settings.ValFraction);

        CorpusText Read(IReadOnlyList<string> names) => settings.Form.Read(names, kept ?? input, messages, cancel, copy).Text;
    }
}
