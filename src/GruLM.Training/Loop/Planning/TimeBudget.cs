// How many steps fit into a time, looked at again and again while a run goes on: a machine's speed at the start says little about the
// minutes after it.

namespace GruLM.Training;

/// <summary>The time that a run may train for, and how many steps fit into what is left of it by the speed that the run has had so far. One
/// use.</summary>
/// <param name="seconds">Time for steps, evaluations and savings.</param>
/// <param name="speed">What was measured before the run.</param>
public sealed class TimeBudget(double seconds, SpeedMeasurement speed)
{
    // The last look is so near the end that little can go wrong after it.
    private const double SecondsBetweenLooks = 0.5;
    private const double ShareBetweenLooks = 0.1;

    // Half old, half new: others' work on the machine comes and goes.
    private const double WeightOfNews = 0.5;

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
            double news = _recentSeconds / _recentSteps;
            speed = speed with { Step = speed.Step + (WeightOfNews * (news - speed.Step)) };
            (_recentSeconds, _recentSteps) = (0, 0);
        }

        double left = seconds - spent;
        _nextLook = spent + Math.Max(SecondsBetweenLooks, ShareBetweenLooks * left);
        return speed.StepsIn(left, data, options);
    }
}
