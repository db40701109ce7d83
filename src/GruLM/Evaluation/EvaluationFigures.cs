// The figures of an evaluation.

using GruLM.Training;

namespace GruLM;

/// <summary>What an evaluation measured.</summary>
/// <param name="Plain">The model's figures.</param>
/// <param name="Adapted">Those of a copy that adapts as it reads; null when none was asked for.</param>
/// <param name="Seconds">Time that it took.</param>
public sealed record EvaluationFigures(EvaluationResult Plain, EvaluationResult? Adapted, double Seconds)
{
    /// <summary>Answers that are wholly right, of some hundred questions from all over the text; null where samples are no lines, or have
    /// none.</summary>
    public AnswerCount? Answers { get; init; }
}
