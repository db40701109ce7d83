// What a training run is going to be, before it begins: sizes, memory and time; and how many steps fit into the minutes that were given.
// The speed that times follow from is measured by TextTraining.MeasureSpeed.

using System.Diagnostics;
using System.Globalization;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>Says what a run will be and fits it into a time.</summary>
internal static class TrainingPlan
{
    // More passes than this rarely make a model better, given the usual dropout; --epochs overrules it.
    private const int MaxEpochsByTime = 24;

    // A share of the time for what cannot be foreseen, and one for measuring.
    private const double SpareShare = 0.015;
    private const double MeasuringShare = 0.02;
    private const double MinSecondsMeasuring = 0.2;
    private const double MaxSecondsMeasuring = 5;
    private const double DryRunSeconds = 3;

    // With more parameters than this for each token to learn from, a model can know its text by heart.
    private const double MaxParametersPerToken = 5;

    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    /// <summary>The model in a line, and a warning where it is large for its text.</summary>
    public static void WriteModel(TextTraining run, TextWriter messages)
    {
        GruConfig config = run.Model.Config;
        long parameters = run.Model.Parameters.Count, tokens = run.Data.TokensPerEpoch;
        string output = config.TieWeights ? "tied" : "untied";
        string extras = ModelWords.Extras(config);
        messages.WriteLine(string.Create(
            s_invariant,
            $"model: vocabulary {config.VocabSize:#,0}, embedding {config.EmbeddingDim}, "
            + $"{config.NumLayers} x {config.HiddenDim} GRU units, {output}{extras}, {parameters:#,0} parameters"));
        if (parameters > MaxParametersPerToken * tokens)
        {
            messages.WriteLine(string.Create(
                s_invariant,
                $"note: {parameters:#,0} parameters for {tokens:#,0} tokens: the model will learn the text by heart; "
                + $"more text, or a smaller --hidden-dim, --emb-dim or --vocab-size, makes it better"));
        }
    }

    /// <summary>The training in a line.</summary>
    public static void WriteTraining(TextTraining run, TrainSettings settings, Compute compute, TextWriter messages)
    {
        TrainingOptions options = settings.Options.Training;
        int lanes = (run.Data as TokenStream)?.Lanes ?? options.BatchSize * options.GradAccum;
        string kind = settings.Options.Samples == SampleKind.Lines ? "lines" : "stream";
        string heldOut = run.HeldOut is { } text ? string.Create(s_invariant, $"{text.Tokens:#,0} held out") : "none held out";
        string about = options.RandomBptt ? "about " : "";
        string kernels = KernelChoice.Describe(compute, settings.Precision);
        messages.WriteLine(string.Create(
            s_invariant,
            $"training: {run.Data.TokensPerEpoch:#,0} tokens an epoch ({kind}), {heldOut}, "
            + $"{run.TotalSteps:#,0} steps of {lanes} x {about}{options.Bptt}, {kernels}"));
    }

    /// <summary>Lays the run out so that it ends <see cref="TrainSettings.Minutes"/> after <paramref name="clock"/> started, or when it has
    /// trained for that long in all its parts.</summary>
    public static void FitIntoTime(TextTraining run, TrainSettings settings, Stopwatch clock, TextWriter messages, CancellationToken cancel)
    {
        if (settings.Minutes == 0) return;
        TrainingOptions options = settings.Options.Training;
        double seconds = 60 * settings.Minutes;
        messages.WriteLine("measuring the speed …");
        double measuring = Math.Clamp(MeasuringShare * seconds, MinSecondsMeasuring, MaxSecondsMeasuring);
        SpeedMeasurement speed = run.MeasureSpeed(measuring, cancel);
        int epochs = settings.EpochsGiven ? options.Epochs : MaxEpochsByTime;
        bool begins = run.Position.Step == 0;
        double secondsLeft = ((1 - SpareShare) * seconds) - (begins ? clock.Elapsed.TotalSeconds : 0);
        run.FitInto(new TimeBudget(secondsLeft, speed), epochs);
        double epochsMade = run.TotalSteps / (double)run.Data.StepsInEpoch(0);
        messages.WriteLine(string.Create(
            s_invariant,
            $"{settings.Minutes:0.##} minutes are time for {run.TotalSteps:#,0} steps or so, {epochsMade:0.0} epochs, "
            + $"at the speed of now"));
        if (begins && run.TotalSteps < speed.StepsIn(secondsLeft, run.Data, options) && options.MaxSteps == 0)
        {
            messages.WriteLine(string.Create(
                s_invariant,
                $"note: {epochs} epochs take less time than that; more passes over a text rarely make a model better "
                + $"(--epochs N makes as many as you say)"));
        }
    }

    /// <summary>The settings of a run whose number of steps time decided, with the plan of those steps in place of the minutes.</summary>
    public static TrainSettings WithPlan(TrainSettings settings, RunPosition position)
    {
        TrainingOptions options = settings.Options.Training;
        int epochs = settings.Minutes == 0 || settings.EpochsGiven ? options.Epochs : MaxEpochsByTime;
        return settings with
        {
            Minutes = 0,
            EpochsGiven = true,
            Options = settings.Options with { Training = options with { Plan = position.Plan, Epochs = epochs } },
        };
    }

    /// <summary>Says what training would take, and does not train.</summary>
    public static int DryRun(TextTraining run, TrainSettings settings, Compute compute, TextWriter messages, CancellationToken cancel)
    {
        TrainingOptions options = settings.Options.Training;
        FitIntoTime(run, settings, Stopwatch.StartNew(), messages, cancel);
        WriteTraining(run, settings, compute, messages);
        SpeedMeasurement speed = run.MeasureSpeed(DryRunSeconds, cancel);
        double megabytes = MemoryNeed.TrainingBytes(run.Model.Config, options) / 1e6;
        double tokensPerSecond = run.Data.TokensPerEpoch / (speed.Step * run.Data.StepsInEpoch(0));
        string time = TrainingDisplay.Time(speed.Of(run.TotalSteps, run.Data, options));
        messages.WriteLine(string.Create(s_invariant, $"memory: about {megabytes:#,0} MB besides the text"));
        messages.WriteLine(string.Create(
            s_invariant,
            $"speed: {tokensPerSecond:#,0} tokens a second, {1000 * speed.Step:0.0} ms a step, {speed.Evaluation:0.0} s an evaluation"));
        messages.WriteLine(string.Create(s_invariant, $"time: about {time} for {run.TotalSteps:#,0} steps"));
        messages.WriteLine("dry run: nothing was written");
        return ExitCode.Done;
    }
}
