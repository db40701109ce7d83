// How long a step, an evaluation and a checkpoint take here: measured on the run's own data with a model that is thrown away, so that the
// run itself starts untouched.

using System.Diagnostics;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Training;

/// <summary>Measured times of one run on this machine.</summary>
/// <param name="Step">Seconds a step.</param>
/// <param name="Evaluation">Seconds an evaluation.</param>
/// <param name="Saving">Seconds that writing a model and its training state takes.</param>
public sealed record SpeedMeasurement(double Step, double Evaluation, double Saving)
{
    // An evaluation's time is measured on this many tokens and scaled up.
    private const int EvaluationSample = 8_000;

    // The share of the time that is not counted: the first steps are slower than those that follow.
    private const double WarmUp = 0.3;

    /// <summary>Trains a model that <paramref name="create"/> makes for about <paramref name="seconds"/>, evaluates once and writes one
    /// checkpoint to the system's folder for temporary files.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="IOException">Nothing can be written.</exception>
    public static SpeedMeasurement Measure(
        MeasuredRun run, Func<ITrainableModel> create, double seconds, CancellationToken cancel = default)
    {
        using ITrainableModel model = create();
        SecondsAStep(model, run, WarmUp * seconds, cancel);
        double step = SecondsAStep(model, run, (1 - WarmUp) * seconds, cancel);
        double evaluation = SecondsToEvaluate(model, run, cancel), saving = SecondsToWrite(model);
        IRanks ranks = model.Ranks;
        return new SpeedMeasurement(ranks.OfFirst(step), ranks.OfFirst(evaluation), ranks.OfFirst(saving));
    }

    /// <summary>What such a model trains here in windows of <paramref name="steps"/> x <paramref name="lanes"/>, on made-up tokens: for
    /// decisions before there are any others.</summary>
    public static double TokensPerSecond(
        GruConfig config, OptimizerOptions optimizer, int steps, int lanes, Compute compute, double seconds)
    {
        using var model = GruLanguageModel.Create(config, compute, seed: 0, optimizer);
        return TokensPerSecond(model, steps, lanes, seconds);
    }

    /// <summary>The same for a model that is there already, on whatever computes it; its parameters are changed.</summary>
    public static double TokensPerSecond(ITrainableModel model, int steps, int lanes, double seconds)
    {
        int vocabSize = model.Config.VocabSize;
        var batch = new TokenBatch(steps, lanes);
        for (int i = 0; i < batch.Inputs.Length; i++)
        {
            (batch.Inputs[i], batch.Targets[i]) = (i % vocabSize, (i + 1) % vocabSize);
        }

        model.ForwardBackward(batch, batch.Targets.Length, 0);
        var clock = new RunClock(model.Ranks);
        clock.Start();
        int updates = 0;
        for (; updates < 3 || clock.Look() < seconds; updates++)
        {
            model.ForwardBackward(batch, batch.Targets.Length, updates);
            model.Update(1e-3, 1);
        }

        return updates * batch.Targets.Length / clock.Look();
    }

    /// <summary>Seconds that a run of so many steps takes.</summary>
    public double Of(long steps, ITrainingData data, TrainingOptions options) =>
        (steps * SecondsAStep(steps, data, options)) + Evaluation + Saving;

    /// <summary>Steps that fit into <paramref name="seconds"/>, at least one.</summary>
    public long StepsIn(double seconds, ITrainingData data, TrainingOptions options)
    {
        double left = seconds - Evaluation - Saving;
        return Steps(Steps(long.MaxValue));

        // As many as fit when evaluations come as often as in a run of so many steps.
        long Steps(long total) => Math.Max(1, (long)(left / SecondsAStep(total, data, options)));
    }

    // With the evaluations and checkpoints, at the end of each epoch and at intervals besides, spread over the steps.
    private double SecondsAStep(long total, ITrainingData data, TrainingOptions options)
    {
        int stepsInEpoch = data.StepsInEpoch(0);
        double perEpoch = 1.0 / stepsInEpoch;
        double evaluations = EvaluationSpacing.EachStep(options.LeastEvaluations, total, stepsInEpoch)
            + (options.EvalInterval > 0 ? 1.0 / options.EvalInterval : 0);
        double savings = perEpoch + (options.SaveInterval > 0 ? 1.0 / options.SaveInterval : 0);
        return Step + (evaluations * Evaluation) + ((evaluations + savings) * Saving);
    }

    // Measured for some seconds, over at least one step, however slow it is.
    private static double SecondsAStep(ITrainableModel model, MeasuredRun run, double seconds, CancellationToken cancel)
    {
        (long steps, double spent) = (0L, 0.0);
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, enough.Token);
        for (bool isOver = false; steps == 0 || !isOver; isOver = model.Ranks.Stopped(either.Token))
        {
            RunPosition position = isOver
                ? Train(model, run.Data, run.Options with { MaxSteps = 1 }, cancel)
                : Train(model, run.Data, run.Options, either.Token);
            (steps, spent) = (steps + position.Step, spent + position.Seconds);
            if (model.Ranks.Stopped(cancel)) throw new OperationCanceledException(cancel);
        }

        return spent / steps;
    }

    private static RunPosition Train(ITrainableModel model, ITrainingData data, TrainingOptions options, CancellationToken cancel)
    {
        options = options with { Epochs = 1, Patience = 0, Schedule = ScheduleKind.Constant };
        return new Trainer(model, data, null, options).Run(cancel).Position;
    }

    private static double SecondsToEvaluate(ITrainableModel model, MeasuredRun run, CancellationToken cancel)
    {
        if (run.HeldOut is not { } heldOut) return 0;
        long limit = run.Options.EvalTokens, tokens = limit > 0 ? Math.Min(limit, heldOut.Tokens) : heldOut.Tokens;
        var clock = Stopwatch.StartNew();
        long sample = Math.Min(tokens, EvaluationSample);
        try
        {
            sample = GruLM.Training.Evaluation.Quick(model, heldOut, sample, cancel).Sums.Tokens;
        }
        catch (InvalidDataException)
        {
            // A model that was trained for a moment, at the highest rate, may have broken.
        }

        return clock.Elapsed.TotalSeconds * tokens / Math.Max(1, sample);
    }

    // The first process writes; the others hand it what is theirs.
    private static double SecondsToWrite(ITrainableModel model)
    {
        if (model.Ranks.Rank > 0)
        {
            model.SaveTrainingState("");
            return 0;
        }

        string folder = Directory.CreateTempSubdirectory("grulm-").FullName;
        try
        {
            var clock = Stopwatch.StartNew();
            Checkpoint.Save(folder, model, new RunPosition(), 1);
            return clock.Elapsed.TotalSeconds;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
