// How many steps fit into the minutes that a run was given. The speed is measured by the run itself before it begins, and looked at again
// and again while it goes on (TimeBudget.cs).

using System.Diagnostics;
using GruLM.Training;

namespace GruLM;

/// <summary>Fits runs into a time.</summary>
internal static class TimePlan
{
    // A share of the time for what cannot be foreseen, and one for measuring.
    private const double SpareShare = 0.015;
    private const double MeasuringShare = 0.02;
    private const double MinSecondsMeasuring = 0.2;
    private const double MaxSecondsMeasuring = 5;
    private const double SecondsToEstimate = 1;

    // Ten evaluations take no more than this share of the time, and read at least so many tokens, where there are as many.
    private const double EvaluatingShare = 0.1;
    private const int Evaluations = 10;
    private const int FewestEvaluated = 8_192;

    /// <summary>About how many seconds a run takes; null where that cannot be measured, which is no reason not to train. Several
    /// processes end instead: they would no longer be at the same place.</summary>
    public static double? Estimate(TextTraining run, TrainingOptions options, CancellationToken cancel)
    {
        try
        {
            return run.MeasureSpeed(SecondsToEstimate, cancel).Of(run.TotalSteps, run.Data, options);
        }
        catch (Exception error) when (
            error is (IOException or UnauthorizedAccessException or InvalidDataException) && run.Model.Ranks.Count == 1)
        {
            return null;
        }
    }

    /// <summary>Lays a run out so that it ends <paramref name="minutes"/> after <paramref name="clock"/> started, or when it has trained
    /// for that long in all its parts. A large held-out part is read only as far as there is time for.</summary>
    /// <returns>The epochs that end it sooner, null when none do; and the held-out tokens that an evaluation reads, 0 for all.</returns>
    public static (int? EpochsThatEndIt, int EvalTokens) Fit(
        TextTraining run, TrainingOptions options, double minutes, Stopwatch clock, RunSurroundings around)
    {
        double seconds = 60 * minutes;
        around.Observer.OnPhase("measuring the speed");
        double measuring = Math.Clamp(MeasuringShare * seconds, MinSecondsMeasuring, MaxSecondsMeasuring);
        SpeedMeasurement speed = run.MeasureSpeed(measuring, around.Cancel);
        bool begins = run.Position.Step == 0;
        double secondsLeft = ((1 - SpareShare) * seconds) - (begins ? run.Model.Ranks.OfFirst(clock.Elapsed.TotalSeconds) : 0);
        int evalTokens = EvalTokens(run, options, speed, seconds);
        if (evalTokens > options.EvalTokens) speed = speed with { Evaluation = speed.Evaluation * evalTokens / run.HeldOut!.Tokens };
        run.FitInto(new TimeBudget(secondsLeft, speed), options.Epochs, evalTokens);
        bool endsSooner = begins && options.MaxSteps == 0 && run.TotalSteps < speed.StepsIn(secondsLeft, run.Data, options);
        return (endsSooner ? options.Epochs : null, evalTokens);
    }

    private static int EvalTokens(TextTraining run, TrainingOptions options, SpeedMeasurement speed, double seconds)
    {
        double most = EvaluatingShare * seconds / Evaluations;
        bool isDecided = options.EvalTokens > 0 || run.Position.Step > 0;
        if (isDecided || run.HeldOut is not { } heldOut || speed.Evaluation <= most) return (int)options.EvalTokens;
        double tokens = Math.Max(FewestEvaluated, heldOut.Tokens * most / speed.Evaluation);
        return tokens < heldOut.Tokens ? (int)Math.Min(tokens, int.MaxValue) : 0;
    }

    /// <summary>The settings of a run whose number of steps time decided, with the plan of those steps in place of the minutes.</summary>
    public static TrainingSettings WithPlan(TrainingSettings settings, RunPosition position)
    {
        int byDefault = settings.Minutes is null ? new TrainingOptions().Epochs : SettingsDecided.MostEpochsByTime;
        return settings with { Minutes = null, StepPlan = position.Plan, Epochs = settings.Epochs ?? byDefault };
    }
}
