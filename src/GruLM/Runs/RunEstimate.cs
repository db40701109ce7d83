// What a training run would take, by a few measured steps.

namespace GruLM;

/// <summary>What a run would take.</summary>
/// <param name="Plan">What it would be.</param>
/// <param name="TokensPerSecond">Tokens that it would learn from in a second, evaluations left out.</param>
/// <param name="SecondsAStep">Seconds a step.</param>
/// <param name="SecondsAnEvaluation">Seconds an evaluation.</param>
/// <param name="Seconds">Seconds in all.</param>
public sealed record RunEstimate(
    RunPlan Plan, double TokensPerSecond, double SecondsAStep, double SecondsAnEvaluation, double Seconds);
