// A bound of numbers, digit by digit, as a schema writes it: no rounding.

using System.Globalization;

namespace GruLM;

/// <summary>A bound. Immutable.</summary>
/// <param name="Whole">The digits before the point, without zeros in front.</param>
/// <param name="Fraction">The digits behind it, without zeros at the end.</param>
/// <param name="IsNegative">Whether it is below zero.</param>
/// <param name="IsExcluded">Whether the bound itself is no number that fits.</param>
internal sealed record DecimalBound(string Whole, string Fraction, bool IsNegative, bool IsExcluded)
{
    // More than any number that is written has, before the point and behind it.
    private const int MostExponent = 1000;

    /// <summary>The same on the other side of zero.</summary>
    public DecimalBound Opposite => this with { IsNegative = !IsNegative };

    /// <summary>The bound that a number in JSON writes; null for one whose digits are too many to be written out.</summary>
    public static DecimalBound? Read(string json, bool isExcluded)
    {
        bool isNegative = json.StartsWith('-');
        string text = json.TrimStart('-');
        int exponentAt = text.IndexOfAny(['e', 'E']), exponent = 0;
        if (exponentAt >= 0)
        {
            bool isSmall = int.TryParse(
                text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent);
            text = text[..exponentAt];
            if (!isSmall || Math.Abs(exponent) > MostExponent) return null;
        }

        int point = text.IndexOf('.', StringComparison.Ordinal);
        string digits = text.Replace(".", "");
        int whole = (point < 0 ? text.Length : point) + exponent;
        if (whole < 0) (digits, whole) = (new string('0', -whole) + digits, 0);
        if (whole > digits.Length) digits += new string('0', whole - digits.Length);
        string before = digits[..whole].TrimStart('0'), behind = digits[whole..].TrimEnd('0');
        return new(before, behind, isNegative && before.Length + behind.Length > 0, isExcluded);
    }

    /// <summary>Which of two bounds is the lower one, whether they are excluded or not.</summary>
    public int CompareTo(DecimalBound other)
    {
        if (IsNegative != other.IsNegative) return IsNegative ? -1 : 1;
        int compared = Whole.Length.CompareTo(other.Whole.Length);
        if (compared == 0) compared = string.CompareOrdinal(Whole, other.Whole);
        if (compared == 0) compared = string.CompareOrdinal(Fraction, other.Fraction);
        return IsNegative ? -compared : compared;
    }

    /// <summary>A digit of it, as a character.</summary>
    public int Digit(int place, bool isFraction)
    {
        string digits = isFraction ? Fraction : Whole;
        return place < digits.Length ? digits[place] : '0';
    }
}
