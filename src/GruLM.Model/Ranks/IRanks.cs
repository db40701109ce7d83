// The processes that train one model together, as the training loop sees them. What the loop decides, such as when it ends, all of them
// must decide alike; what one of them alone knows, such as the time, is therefore asked of the first.

namespace GruLM.Model;

/// <summary>Processes that train one model, numbered from 0. Used by the training thread of each; every process makes the same calls in the
/// same order.</summary>
public interface IRanks
{
    /// <summary>Which one this is.</summary>
    int Rank { get; }

    /// <summary>How many there are.</summary>
    int Count { get; }

    /// <summary>The first process's <paramref name="value"/>, in all of them.</summary>
    /// <exception cref="IOException">Another process has failed or cannot be reached.</exception>
    double OfFirst(double value);

    /// <summary>Whether the first process's <paramref name="cancel"/> was cancelled: one answer in all of them.</summary>
    /// <exception cref="IOException">Another process has failed or cannot be reached.</exception>
    bool Stopped(CancellationToken cancel);
}
