// What the connection between the processes of a group gives, in the three figures that a prediction needs.

namespace GruLM.Distributed;

/// <summary>A connection between processes.</summary>
/// <param name="BytesPerSecond">What a process sends in a second, while it receives as much.</param>
/// <param name="Latency">Seconds that a short message takes.</param>
/// <param name="ProcessorTime">Seconds of a processor that a process spends on each byte it sends, and on the one it receives
/// meanwhile.</param>
internal readonly record struct LinkFigures(double BytesPerSecond, double Latency, double ProcessorTime)
{
    /// <summary>The same as a process feels it that computes with <paramref name="threads"/> of its <paramref name="processors"/>: one that
    /// is left over does the sending.</summary>
    public LinkFigures FeltBy(int threads, int processors) => threads < processors ? this with { ProcessorTime = 0 } : this;
}
