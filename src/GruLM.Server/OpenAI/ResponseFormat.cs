// What form an answer is to have: any text, an object of JSON, or JSON by a schema.

using System.Text.Json;

namespace GruLM.Server;

/// <summary>Reads the form of an answer. Safe for several threads.</summary>
internal static class ResponseFormat
{
    private static readonly JsonElement s_anyObject = JsonDocument.Parse("""{"type":"object"}""").RootElement;

    /// <summary>The options with the constraint that a format asks for. <paramref name="isFlat"/>: the schema stands in the format itself,
    /// not in its <c>json_schema</c>.</summary>
    /// <exception cref="ApiException">It is no format.</exception>
    public static GenerationOptions Apply(
        GenerationOptions options, ServedModel model, JsonElement? format, string field, bool isFlat = false)
    {
        if (format is not { } given) return options;
        if (given.ValueKind != JsonValueKind.Object || !given.TryGetProperty("type", out JsonElement type))
        {
            throw RequestBody.Wrong(given, field, "an object with a type");
        }

        switch (RequestBody.TextOf(type, $"{field}.type"))
        {
            case "text":
                return options;
            case "json_object":
                return With(options, AnyObject(model, field), field);
            case "json_schema":
                JsonElement holder = given;
                bool hasSchema = isFlat || (given.TryGetProperty("json_schema", out holder) && holder.ValueKind == JsonValueKind.Object);
                if (!hasSchema || !holder.TryGetProperty("schema", out JsonElement schema))
                {
                    throw ApiException.Bad($"'{field}' has no schema", field);
                }

                return With(options, WritingFields.Schema(model, schema, $"{field}.schema"), field);
            default:
                throw ApiException.Bad($"'{field}.type' is none of text, json_object and json_schema", $"{field}.type");
        }
    }

    /// <summary>The constraint of an object with any fields.</summary>
    public static TextConstraint AnyObject(ServedModel model, string field) => WritingFields.Schema(model, s_anyObject, field);

    /// <summary>The options with a constraint that a field asks for.</summary>
    /// <exception cref="ApiException">They have another one.</exception>
    public static GenerationOptions With(GenerationOptions options, TextConstraint constraint, string field) => options.Constraint is null
        ? options with { Constraint = constraint }
        : throw ApiException.Bad($"'{field}' and another constraint are given; one of them can hold", field);
}
