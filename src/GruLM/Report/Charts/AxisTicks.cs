// Where the marks of an axis stand: at round numbers that cover what is to be shown. Linear marks are 1, 2 or 5 times a power of ten apart;
// logarithmic ones stand at 1, 2 and 5 times powers of ten, or at the powers alone where those are many.

using System.Globalization;

namespace GruLM.Report;

/// <summary>The marks of an axis.</summary>
internal static class AxisTicks
{
    private const int MaxLogarithmic = 9;

    // Round numbers are to stay round in double precision, and apart from each other.
    private const double LeastShareOfMagnitude = 1e-9;

    /// <summary>About <paramref name="count"/> equally spaced marks, the first no higher than <paramref name="low"/>, the last no lower
    /// than <paramref name="high"/>, at least two. Both ends are finite, and no larger than 1e100.</summary>
    public static double[] Linear(double low, double high, int count)
    {
        double least = Math.Max(Math.Max(Math.Abs(low), Math.Abs(high)) * LeastShareOfMagnitude, 1e-100);
        if (high - low < least) (low, high) = (low - least, high + least);
        double raw = (high - low) / count;
        double power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double factor = raw / power;
        double step = power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
        double first = Math.Floor(low / step), last = Math.Ceiling(high / step);
        while (Round(first, step) > low) first--;
        while (Round(last, step) < high) last++;
        return [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => Round(first + i, step))];
    }

    /// <summary>Marks of a logarithmic axis, the first no higher than <paramref name="low"/>, which is above zero, the last no lower than
    /// <paramref name="high"/>.</summary>
    public static double[] Logarithmic(double low, double high)
    {
        int from = (int)Math.Floor(Math.Log10(low)), to = (int)Math.Ceiling(Math.Log10(high));
        if (Math.Pow(10, from) > low) from--;
        if (Math.Pow(10, to) < high || to == from) to++;
        if (to - from + 1 > MaxLogarithmic / 2)
        {
            int every = ((to - from) / MaxLogarithmic) + 1;
            to = from + ((to - from + every - 1) / every * every);
            return [.. Enumerable.Range(0, ((to - from) / every) + 1).Select(i => Math.Pow(10, from + (i * every)))];
        }

        var marks = new List<double>();
        for (int power = from; power <= to; power++)
        {
            foreach (int factor in (int[])[1, 2, 5])
            {
                marks.Add(double.Parse(string.Create(CultureInfo.InvariantCulture, $"{factor}e{power}"), CultureInfo.InvariantCulture));
            }
        }

        int first = marks.FindLastIndex(m => m <= low), last = marks.FindIndex(m => m >= high);
        if (last == first) last++;
        return [.. marks[first..(last + 1)]];
    }

    /// <summary>A mark's number as people write it: 0.25, 1,200, 40k, 3e-4.</summary>
    public static string Label(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 1e9 or < 1e-3 => value.ToString("0.###e+0", CultureInfo.InvariantCulture).Replace("e+", "e", StringComparison.Ordinal),
        >= 1e6 => (value / 1e6).ToString("0.###", CultureInfo.InvariantCulture) + "M",
        >= 1e4 => (value / 1e3).ToString("#,0.###", CultureInfo.InvariantCulture) + "k",
        >= 1e3 => value.ToString("#,0.###", CultureInfo.InvariantCulture),
        _ => value.ToString("0.######", CultureInfo.InvariantCulture),
    };

    // The product of a small step may miss the round number by a bit: 3 * 0.1. Read back from fifteen digits it does not.
    private static double Round(double multiple, double step) =>
        double.Parse((multiple * step).ToString("E14", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
