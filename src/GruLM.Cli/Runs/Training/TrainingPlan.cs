// What a training run is going to be, before it begins: sizes, memory and time; and how many steps fit into the minutes that were given.

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
    private const int MostEpochsByTime = 24;

    // A share of the time for what cannot be foreseen, and one for measuring.
    private const double Spare = 0.015;
    private const double Measuring = 0.02;
    private const double MostSecondsMeasuring = 5;
    private const double DryRunSeconds = 3;

    // Beyond so many parameters for each token to learn from, a model can know its text by heart.
    private const double ManyParameters = 5;

    /// <summary>The model in a line, and a warning where it is large for its text.</summary>
    public static void WriteModel(TextTraining run, TextWriter messages)
    {
        GruConfig config = run.Model.Config;
        long parameters = run.Model.Parameters.Count, tokens = run.Data.TokensPerEpoch;
        Line(messages,
            $"model: vocabulary {config.VocabSize:#,0}, embedding {config.EmbeddingDim}, {config.NumLayers} x {config.HiddenDim} GRU units, {(config.TieWeights ? "tied" : "untied")}{(config.LayerNorm ? ", layer-normalised" : "")}{(config.Residual ? ", residual" : "")}, {parameters:#,0} parameters");
        if (parameters > ManyParameters * tokens)
        {
            Line(messages,
                $"note: {parameters:#,0} parameters for {tokens:#,0} tokens: the model will learn the text by heart; more text, or a smaller --hidden-dim, --emb-dim or --vocab-size, makes it better");
        }
    }

    /// <summary>The training in a line.</summary>
    public static void WriteTraining(TextTraining run, TrainSettings settings, Compute compute, TextWriter messages)
    {
        TrainingOptions t = settings.Options.Training;
        int lanes = (run.Data as TokenStream)?.Lanes ?? t.BatchSize * t.GradAccum;
        Line(messages,
            $"training: {run.Data.TokensPerEpoch:#,0} tokens an epoch ({(settings.Options.Samples == SampleKind.Lines ? "lines" : "stream")}), {(run.HeldOut is { } h ? $"{h.Tokens.ToString("#,0", CultureInfo.InvariantCulture)} held out" : "none held out")}, {run.TotalSteps:#,0} steps of {lanes} x {(t.RandomBptt ? "about " : "")}{t.Bptt}, {KernelChoice.Describe(compute, settings.Precision)}");
    }

    /// <summary>Lays the run out so that it ends <see cref="TrainSettings.Minutes"/> after <paramref name="clock"/> started, or when it has
    /// trained for that long in all its parts.</summary>
    public static void FitIntoTime(TextTraining run, TrainSettings settings, Stopwatch clock, TextWriter messages, CancellationToken cancel)
    {
        if (settings.Minutes == 0) return;
        double all = 60 * settings.Minutes;
        messages.WriteLine("measuring the speed …");
        SpeedMeasurement speed = run.MeasureSpeed(Math.Clamp(Measuring * all, 0.2, MostSecondsMeasuring), cancel);
        int epochs = settings.EpochsGiven ? settings.Options.Training.Epochs : MostEpochsByTime;
        bool begins = run.Position.Step == 0;
        double left = ((1 - Spare) * all) - (begins ? clock.Elapsed.TotalSeconds : 0);
        run.FitInto(new TimeBudget(left, speed), epochs);
        Line(messages,
            $"{settings.Minutes:0.##} minutes are time for {run.TotalSteps:#,0} steps or so, {run.TotalSteps / (double)run.Data.StepsInEpoch(0):0.0} epochs, at the speed of now");
        if (begins && run.TotalSteps < speed.StepsIn(left, run.Data, settings.Options.Training) && settings.Options.Training.MaxSteps == 0)
        {
            Line(messages,
                $"note: {epochs} epochs take less time than that; more passes over a text rarely make a model better (--epochs N makes as many as you say)");
        }
    }

    /// <summary>The settings of a run whose number of steps time decided, with that number in place of the minutes.</summary>
    public static TrainSettings AsDecided(TrainSettings settings, RunPosition position)
    {
        TrainingOptions t = settings.Options.Training;
        int epochs = settings.Minutes == 0 || settings.EpochsGiven ? t.Epochs : MostEpochsByTime;
        return settings with
        {
            Minutes = 0,
            EpochsGiven = true,
            Options = settings.Options with { Training = t with { Plan = position.Plan, Epochs = epochs } }
        };
    }

    /// <summary>Says what training would take, and does not train.</summary>
    public static int DryRun(TextTraining run, TrainSettings settings, Compute compute, TextWriter messages, CancellationToken cancel)
    {
        TrainingOptions t = settings.Options.Training;
        FitIntoTime(run, settings, Stopwatch.StartNew(), messages, cancel);
        WriteTraining(run, settings, compute, messages);
        SpeedMeasurement speed = run.MeasureSpeed(DryRunSeconds, cancel);
        Line(messages, $"memory: about {MemoryNeed.TrainingBytes(run.Model.Config, t) / 1e6:#,0} MB besides the text");
        Line(messages,
            $"speed: {run.Data.TokensPerEpoch / (speed.Step * run.Data.StepsInEpoch(0)):#,0} tokens a second, {1000 * speed.Step:0.0} ms a step, {speed.Evaluation:0.0} s an evaluation");
        Line(messages, $"time: about {TrainingDisplay.Time(speed.Of(run.TotalSteps, run.Data, t))} for {run.TotalSteps:#,0} steps");
        messages.WriteLine("dry run: nothing was written");
        return ExitCode.Done;
    }

    private static void Line(TextWriter messages, FormattableString text) => messages.WriteLine(FormattableString.Invariant(text));
}
