// What a model that was trained further knew before, and what it knows now.

using GruLM.Training;

namespace GruLM;

/// <summary>Held-out figures before and after a model was trained further. Immutable.</summary>
/// <param name="Before">Of the model that training started from, on what the new run holds out.</param>
/// <param name="After">Of the new model.</param>
/// <param name="OldBefore">Of the model that training started from, on what its own training held out; null where that text is not to be
/// had.</param>
/// <param name="OldAfter">Of the new model, on the same.</param>
public sealed record FineTuningFigures(
    EvaluationResult Before, EvaluationResult After, EvaluationResult? OldBefore, EvaluationResult? OldAfter);
