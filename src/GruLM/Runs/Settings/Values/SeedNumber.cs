// Seeds of random numbers.

using System.Globalization;
using System.Text.Json;

namespace GruLM;

/// <summary>Any whole number of 64 bits without a sign.</summary>
internal sealed class SeedNumber : SettingValue<ulong>
{
    public override string Placeholder => "N";

    public override ulong Parse(IReadOnlyList<string> words) =>
        ulong.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw new FormatException($"a whole number from 0 to {ulong.MaxValue} was expected");

    public override void Write(Utf8JsonWriter json, ulong value) => json.WriteNumberValue(value);

    public override string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
