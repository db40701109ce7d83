// How many of some questions were answered rightly.

namespace GruLM.Training;

/// <summary>Answers that were wholly right.</summary>
/// <param name="Right">How many were.</param>
/// <param name="Questions">Of how many.</param>
public readonly record struct AnswerCount(int Right, int Questions)
{
    /// <summary>The share that was; 0 of none.</summary>
    public double Share => Questions == 0 ? 0 : (double)Right / Questions;
}
