// Whole numbers within bounds.

using System.Globalization;
using System.Text.Json;

namespace GruLM;

/// <summary>Whole numbers from <paramref name="min"/> to <paramref name="max"/>.</summary>
internal sealed class WholeNumber(int min, int max) : SettingValue<int>
{
    public override string Placeholder => "N";

    private string Wanted => max == int.MaxValue ? $"a whole number from {min} up" : $"a whole number from {min} to {max}";

    public override int Parse(IReadOnlyList<string> words)
    {
        bool isNumber = int.TryParse(words[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value);
        if (!isNumber || Expected(value) is not null) throw new FormatException($"{Wanted} was expected");
        return value;
    }

    public override void Write(Utf8JsonWriter json, int value) => json.WriteNumberValue(value);

    public override string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    public override string? Expected(int value) => value >= min && value <= max ? null : Wanted;
}
