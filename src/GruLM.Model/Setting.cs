// The words in which a setting is refused: its property, its value, what is allowed. All settings of the libraries below use them.

namespace GruLM.Model;

/// <summary>Checks settings. Safe for several threads.</summary>
internal static class Setting
{
    /// <summary>Throws <see cref="ArgumentException"/> for a value that is not <paramref name="fine"/>.</summary>
    public static void Check(bool fine, string property, double value, string allowed)
    {
        if (!fine) throw new ArgumentException($"'{property}' is {value}; it must be {allowed}");
    }

    /// <summary>Throws <see cref="ArgumentException"/> for a value outside of <paramref name="low"/> … <paramref name="high"/>.</summary>
    public static void InRange(double value, double low, double high, string property) =>
        Check(value >= low && value <= high, property, value, $"from {low} to {high}");

    /// <summary>Throws <see cref="ArgumentException"/> for a share that is not at least 0 and below 1.</summary>
    public static void Share(double value, string property) => Check(value is >= 0 and < 1, property, value, "at least 0 and below 1");
}
