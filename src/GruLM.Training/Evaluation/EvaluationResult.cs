// What an evaluation found. The figures are defined in docs/evaluation.md.

using GruLM.Model;

namespace GruLM.Training;

/// <summary>The figures of one evaluation. Immutable, and so safe for several threads.</summary>
/// <param name="Sums">Loss and accuracy over the predicted tokens.</param>
/// <param name="Bytes">UTF-8 bytes of the predicted text.</param>
public readonly record struct EvaluationResult(LossSums Sums, long Bytes)
{
    /// <summary>Total nll / ln 2 / bytes.</summary>
    public double BitsPerByte => Sums.BitsPerByte(Bytes);
}
