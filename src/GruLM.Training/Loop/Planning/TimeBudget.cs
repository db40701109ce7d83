// How many steps fit into a given time, estimated again and again while a run goes on, since the speed of a machine changes with what else
// it has to do.

namespace GruLM.Training;

/// <summary>The time that a run may train for, and how many steps fit into what is left of it by the speed that the run has had so far. For
/// one run, used by its thread.</summary>
/// <param name="seconds">Time for steps, evaluations and savings.</param>
/// <param name="speed">What was measured before the run.</param>
public sealed class TimeBudget(double seconds, SpeedMeasurement speed)
{
    // The next look comes after this share of the time left, but not sooner than after this many seconds: looks come closer together
    // towards the end, so that the last estimate covers only a moment.
    private const double SecondsBetweenLooks = 0.5;
    private const double ShareBetweenLooks = 0.1;

    // The weight of the speed since the last look against the speed before it: other work on the machine comes and goes.
    private const double WeightOfRecentSteps = 0.5;

    private double _recentSeconds;
    private long _recentSteps;
    private double _nextLook;

    /// <summary>Seconds in all.</summary>
    public double Seconds => seconds;

    /// <summary>Takes note of a step's time.</summary>
    public void OnStep(double time) => (_recentSeconds, _recentSteps) = (_recentSeconds + time, _recentSteps + 1);

    /// <summary>Takes note of an evaluation's time.</summary>
    public void OnEvaluation(double time) => speed = speed with { Evaluation = time };

    /// <summary>Takes note of a checkpoint's time.</summary>
    public void OnSaving(double time) => speed = speed with { Saving = time };

    /// <summary>Whether it is time to look again, when <paramref name="spent"/> seconds have gone.</summary>
    public bool LookDue(double spent) => spent >= _nextLook && spent < seconds;

    /// <summary>Steps that fit into what is left when <paramref name="spent"/> seconds have gone, at least one.</summary>
    public long StepsLeft(double spent, ITrainingData data, TrainingOptions options)
    {
        if (_recentSteps > 0)
        {
            double recent = _recentSeconds / _recentSteps;
            speed = speed with { Step = speed.Step + (WeightOfRecentSteps * (recent - speed.Step)) };
            (_recentSeconds, _recentSteps) = (0, 0);
        }

        double left = seconds - spent;
        _nextLook = spent + Math.Max(SecondsBetweenLooks, ShareBetweenLooks * left);
        return speed.StepsIn(left, data, options);
    }
}
