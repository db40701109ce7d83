// Numbers of a schema: their bounds, and those that a format such as int32 adds.

using System.Text.Json;
using GruLM.Generation;

namespace GruLM;

/// <summary>Reads the schema of a number.</summary>
internal sealed class JsonNumberReader(JsonElement schema, string path)
{
    /// <summary>The texts of the numbers.</summary>
    public GrammarExpression Read(bool isWhole)
    {
        DecimalBound? least = Bound("minimum", false), most = Bound("maximum", false);
        DecimalBound? above = Bound("exclusiveMinimum", true), below = Bound("exclusiveMaximum", true);
        if ((least is not null && above is not null) || (most is not null && below is not null))
        {
            throw JsonSchemaReader.Error(path, "a bound and an exclusive bound on the same side are not understood; leave one out");
        }

        (least, most) = (least ?? above, most ?? below);
        if (JsonSchemaReader.Format(schema, path) is { } format && NumberFormats.Find(format) is { } bounds)
        {
            isWhole = true;
            least = least is null || least.CompareTo(bounds.Least) < 0 ? bounds.Least : least;
            most = most is null || most.CompareTo(bounds.Most) > 0 ? bounds.Most : most;
        }

        string kind = isWhole ? "integer" : "number";
        return NumberTexts.Between(least, most, isWhole)
            ?? throw JsonSchemaReader.Error(path, $"no {kind} of {NumberTexts.MostDigits} digits or fewer lies within the bounds");
    }

    private DecimalBound? Bound(string keyword, bool isExcluded)
    {
        if (!schema.TryGetProperty(keyword, out JsonElement value)) return null;
        if (value.ValueKind != JsonValueKind.Number) throw JsonSchemaReader.Error(path, $"'{keyword}' is a number");
        string text = value.GetRawText();
        return DecimalBound.Read(text, isExcluded)
            ?? throw JsonSchemaReader.Error(path, $"'{keyword}' {text} is not understood; write it without such an exponent");
    }
}
