// What a peer made of the work of a case, beside ours.

namespace GruLM.Cli.Bench;

/// <summary>A peer's figure.</summary>
/// <param name="Name">What it calls itself.</param>
/// <param name="Threads">Its threads: the number that is best for it.</param>
/// <param name="PerSecond">The median of its tokens, or megabytes, a second.</param>
/// <param name="Ratio">How many times as fast GruLM is: the median of neighbouring runs.</param>
internal sealed record PeerFigure(string Name, int Threads, double PerSecond, double Ratio);
