// A prediction of grulm bench scaling.

namespace GruLM.Cli.Bench;

/// <summary>What so many processes give.</summary>
/// <param name="Count">The processes.</param>
/// <param name="Lanes">Lanes of the one that has the most.</param>
/// <param name="Grows">Whether the batch grows with the processes.</param>
/// <param name="Seconds">A step.</param>
/// <param name="TokensPerSecond">Tokens of all together in a second.</param>
/// <param name="Times">How many times as many as those of one process.</param>
/// <param name="Communication">The share of a step by which exchange makes it longer.</param>
internal sealed record ScalingRow(
    int Count, int Lanes, bool Grows, double Seconds, double TokensPerSecond, double Times, double Communication)
{
    /// <summary>The share of what as many processes without exchange and without loss would give.</summary>
    public double OfIdeal => Times / Count;
}
