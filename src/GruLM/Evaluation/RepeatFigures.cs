// How much of a text stands word for word in another one.

namespace GruLM;

/// <summary>What was found. A character is a code point. Immutable.</summary>
/// <param name="Characters">Characters of the text.</param>
/// <param name="Longest">Characters of the longest stretch that stands in the other text.</param>
/// <param name="LongestText">That stretch, the first of equals.</param>
/// <param name="Covered50">Characters inside stretches of at least 50 that stand in the other text.</param>
/// <param name="Covered100">Characters inside stretches of at least 100.</param>
public sealed record RepeatFigures(int Characters, int Longest, string LongestText, int Covered50, int Covered100)
{
    /// <summary>Share of the characters inside copies of 50 or more.</summary>
    public double Share50 => (double)Covered50 / Math.Max(Characters, 1);

    /// <summary>Share of the characters inside copies of 100 or more.</summary>
    public double Share100 => (double)Covered100 / Math.Max(Characters, 1);
}
