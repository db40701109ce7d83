// What a trainer says of an evaluation.

namespace GruLM.Training;

/// <summary>A held-out evaluation.</summary>
/// <param name="Step">Updates made so far.</param>
/// <param name="Tokens">Tokens trained on so far.</param>
/// <param name="Seconds">Training time so far.</param>
/// <param name="Result">The figures.</param>
/// <param name="IsBest">Whether it is the lowest nll so far; the model has then been saved as the best.</param>
public sealed record EvaluationReport(long Step, long Tokens, double Seconds, EvaluationResult Result, bool IsBest);
