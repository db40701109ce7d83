// What was measured in turn in one round of grulm bench train under a launcher.

namespace GruLM.Cli.Bench;

/// <summary>Seconds of a training step.</summary>
/// <param name="Alone">Of one process with the whole batch.</param>
/// <param name="Apart">Of all processes at once, each with its lanes and without exchange: the slowest.</param>
/// <param name="Together">Of all processes.</param>
/// <param name="Predicted">What <paramref name="Together"/> would be by the prediction.</param>
/// <param name="Bytes">What each process sends in a step.</param>
internal sealed record RanksRound(double Alone, double Apart, double Together, double Predicted, double Bytes);
