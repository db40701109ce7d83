// A model that one process trains by itself.

namespace GruLM.Model;

/// <summary>No other processes. Safe for several threads.</summary>
public sealed class OneProcess : IRanks
{
    private OneProcess()
    {
    }

    /// <summary>The one of its kind.</summary>
    public static OneProcess Instance { get; } = new();

    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Count => 1;

    /// <inheritdoc/>
    public double OfFirst(double value) => value;

    /// <inheritdoc/>
    public bool Stopped(CancellationToken cancel) => cancel.IsCancellationRequested;
}
