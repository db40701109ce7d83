// grulm train: text in, model folder out. Checks first, then says what will happen, trains, and says what came out.

using System.Globalization;
using GruLM.Corpus;
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

    public bool Overwrite { get; init; }

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
        CheckOutDir(settings.OutDir, settings.Overwrite);
        var tokenizer = settings.Tokenizer is null ? null : Tokenizer.Load(ModelFolder.TokenizerPath(settings.Tokenizer));
        var options = settings.Options with { Tokenizer = tokenizer };
        var (training, heldOut) = ReadTexts(settings, options.Samples, input, messages, cancel);
        using var compute = Compute.Create(settings.Threads, settings.Precision);
        var display = new TrainingDisplay(messages, live);
        var observers = new List<ITrainingObserver> { display };
        using var run = TextTraining.Prepare(
            training, heldOut, options, compute, settings.OutDir, new DeferredObserver(observers), phase => messages.WriteLine($"{phase} …"), cancel);
        WriteBanner(run, compute, settings.Precision, options, messages);
        if (options.Tokenizer is null && run.Tokenizer.VocabSize < options.VocabSize)
            messages.WriteLine($"note: the text supports {run.Tokenizer.VocabSize} pieces, fewer than --vocab-size {options.VocabSize}; using {run.Tokenizer.VocabSize}");
        if (settings.Overwrite) DeleteOldModel(settings.OutDir);
        Directory.CreateDirectory(settings.OutDir);
        SettingsFile.Write(settings);
        using var metrics = new MetricsFile(settings.OutDir, append: false);
        observers.Add(metrics);
        TrainingResult result;
        try
        {
            result = run.Run(cancel);
        }
        finally
        {
            display.Finish();
        }

        messages.Write(LossCurve.Draw(display.TrainCurve, "training loss (nats a token) by step"));
        messages.Write(LossCurve.Draw(display.BitsCurve, "held-out bits a byte by step"));
        if (!result.Finished) messages.WriteLine($"stopped at step {result.Position.Step:#,0} of {result.Position.TotalSteps:#,0}; the model so far is saved");
        if (result.Best is { } best) messages.WriteLine($"best held-out figures: {TrainingDisplay.Figures(best)}");
        messages.WriteLine($"model in {settings.OutDir}; try: grulm generate --model {settings.OutDir} --prompt \"…\"");
        return result.Finished ? ExitCode.Done : ExitCode.Stopped;
    }

    /// <summary>Refuses an out-dir that is a file, or that holds a model already.</summary>
    private static void CheckOutDir(string folder, bool overwrite)
    {
        for (string? place = Path.GetFullPath(folder); place is not null && !Directory.Exists(place); place = Path.GetDirectoryName(place))
            if (File.Exists(place)) throw new IOException($"{place}: is a file; --out-dir needs a folder");
        if (!overwrite && (File.Exists(Path.Combine(folder, ModelFile.ConfigName)) || Checkpoint.Find(folder).Count > 0))
            throw new IOException($"{folder}: holds a model already; choose another --out-dir, or --overwrite to replace it");
    }

    // The configuration goes first: without it nothing takes what is left for a model.
    private static void DeleteOldModel(string folder)
    {
        File.Delete(Path.Combine(folder, ModelFile.ConfigName));
        File.Delete(Path.Combine(folder, ModelFile.WeightsName));
        string training = Checkpoint.TrainingFolder(folder);
        if (Directory.Exists(training)) Directory.Delete(training, recursive: true);
    }

    private static (ReadOnlyMemory<byte> Training, ReadOnlyMemory<byte> HeldOut) ReadTexts(TrainSettings settings, SampleKind samples, Stream input, TextWriter messages, CancellationToken cancel)
    {
        messages.WriteLine($"reading {string.Join(", ", settings.Data)} …");
        var corpus = TextCorpus.Read(settings.Data, input, cancel);
        Describe(corpus, messages);
        if (settings.ValData is not null)
        {
            var validation = TextCorpus.Read([settings.ValData], input, cancel);
            Describe(validation, messages);
            return (corpus.Utf8, validation.Utf8);
        }

        if (settings.ValFraction == 0) return (corpus.Utf8, default);
        return samples == SampleKind.Lines ? TextSplit.ByLines(corpus.Utf8, settings.ValFraction) : TextSplit.ByCharacters(corpus.Utf8, settings.ValFraction);
    }

    /// <summary>One line on what a corpus holds, and one on what had to be repaired.</summary>
    internal static void Describe(TextCorpus corpus, TextWriter messages)
    {
        var c = corpus.Counts;
        messages.WriteLine(string.Create(CultureInfo.InvariantCulture, $"text: {c.Bytes:#,0} bytes, {c.Characters:#,0} characters, {c.Lines:#,0} lines"));
        if (c.ReplacedSequences > 0) messages.WriteLine(string.Create(CultureInfo.InvariantCulture, $"note: {c.ReplacedSequences:#,0} sequences of invalid UTF-8 were replaced by U+FFFD"));
        if (c.WindowsLineEnds > 0) messages.WriteLine(string.Create(CultureInfo.InvariantCulture, $"note: {c.WindowsLineEnds:#,0} Windows line ends were turned into line feeds"));
    }

    private static void WriteBanner(TextTraining run, Compute compute, Precision precision, TextTrainingOptions options, TextWriter messages)
    {
        var config = run.Model.Config;
        messages.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"model: vocabulary {config.VocabSize:#,0}, embedding {config.EmbeddingDim}, {config.NumLayers} x {config.HiddenDim} GRU units, {(config.TieWeights ? "tied" : "untied")}, {run.Model.Parameters.Count:#,0} parameters"));
        messages.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"training: {run.Data.TokensPerEpoch:#,0} tokens an epoch ({(options.Samples == SampleKind.Lines ? "lines" : "stream")}), {(run.HeldOut is { } h ? $"{h.Tokens:#,0} held out" : "none held out")}, {run.TotalSteps:#,0} steps of {(run.Data as TokenStream)?.Lanes ?? options.Training.BatchSize} x {options.Training.Bptt}, {KernelChoice.Describe(compute, precision)}"));
    }

    // The metrics file joins the observers once it is known that nothing stands in the way of training.
    private sealed class DeferredObserver(List<ITrainingObserver> observers) : ITrainingObserver
    {
        public void OnSteps(StepReport report) => observers.ForEach(o => o.OnSteps(report));

        public void OnEvaluation(EvaluationReport report) => observers.ForEach(o => o.OnEvaluation(report));

        public void OnEpoch(EpochReport report) => observers.ForEach(o => o.OnEpoch(report));

        public void OnCheckpoint(string folder) => observers.ForEach(o => o.OnCheckpoint(folder));

        public void OnNotice(string message) => observers.ForEach(o => o.OnNotice(message));
    }
}
