// Which of two ways to do the same is the faster here: found out by timing each for a while as the work is done.

namespace GruLM.Generation;

/// <summary>Chooses between a plain way and another, which is given up for good where it is not faster. Not thread-safe.</summary>
/// <param name="before">Times that the plain way is taken before anything is timed.</param>
/// <param name="tries">Times that each is timed.</param>
/// <param name="uses">Times that the other is taken, where it is faster, before both are timed again.</param>
internal sealed class TimedChoice(int before, int tries, int uses)
{
    private readonly long[] _plain = new long[tries];
    private readonly long[] _other = new long[tries];
    private int _done = -before;

    /// <summary>Whether the other way was slower, and is not taken any more.</summary>
    public bool IsGivenUp { get; private set; }

    /// <summary>Whether the other way is to be taken next.</summary>
    public bool IsOther => !IsGivenUp && _done >= tries;

    /// <summary>Says how long the way took that was to be taken, in any unit.</summary>
    public void Took(long time)
    {
        if (IsGivenUp) return;
        if (_done >= 0 && _done < tries) _plain[_done] = time;
        else if (_done >= tries && _done < 2 * tries) _other[_done - tries] = time;
        _done++;
        if (_done == 2 * tries) IsGivenUp = Median(_other) >= Median(_plain);
        if (_done == (2 * tries) + uses) _done = 0;
    }

    private static long Median(long[] times)
    {
        Array.Sort(times);
        return times[times.Length / 2];
    }
}
