// Numbers within bounds. Infinity and what is no number are outside any.

using System.Globalization;
using System.Text.Json;

namespace GruLM;

/// <summary>Numbers from <paramref name="min"/>, or above it, to <paramref name="max"/>.</summary>
internal sealed class RealNumber(double min, double max, bool above = false) : SettingValue<double>
{
    public override string Placeholder => "X";

    private string Wanted
    {
        get
        {
            string lower = above ? "above" : "from", upper = max == double.MaxValue ? "up" : FormattableString.Invariant($"to {max}");
            return FormattableString.Invariant($"a number {lower} {min} {upper}");
        }
    }

    public override double Parse(IReadOnlyList<string> words)
    {
        bool isNumber = double.TryParse(words[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
        if (!isNumber || Expected(value) is not null) throw new FormatException($"{Wanted} was expected");
        return value;
    }

    public override void Write(Utf8JsonWriter json, double value) => json.WriteNumberValue(value);

    public override string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    public override string? Expected(double value) =>
        double.IsFinite(value) && (above ? value > min : value >= min) && value <= max ? null : Wanted;
}
