// The time of a run. Several processes that train one model must decide by one clock, which is the first one's: the others know what it
// showed when they looked at it last.

using System.Diagnostics;
using GruLM.Model;

namespace GruLM.Training;

/// <summary>Time since a run began. Used by its thread.</summary>
/// <param name="ranks">The processes that train together.</param>
internal sealed class RunClock(IRanks ranks)
{
    private readonly Stopwatch _watch = new();
    private double _seen;

    /// <summary>Seconds since <see cref="Start"/>; where several processes train, as they were at the last <see cref="Look"/>.</summary>
    public double Seconds => ranks.Count == 1 ? _watch.Elapsed.TotalSeconds : _seen;

    /// <summary>Starts it.</summary>
    public void Start() => _watch.Start();

    /// <summary>Seconds since <see cref="Start"/>, now.</summary>
    public double Look() => _seen = ranks.OfFirst(_watch.Elapsed.TotalSeconds);
}
