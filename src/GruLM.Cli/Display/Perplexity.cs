// Perplexities as people read them: a model that knows nothing of a text can have one of hundreds of digits.

using System.Globalization;

namespace GruLM.Cli;

/// <summary>Writes perplexities.</summary>
internal static class Perplexity
{
    // From here on the digits say nothing any more.
    private const double Large = 1e6;

    /// <summary>Two places behind the point, and a large one in powers of ten.</summary>
    public static string Text(double perplexity) =>
        perplexity.ToString(perplexity < Large ? "0.00" : "0.00e0", CultureInfo.InvariantCulture);
}
