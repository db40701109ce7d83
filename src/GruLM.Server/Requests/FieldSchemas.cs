// Fields as JSON schemas, for /openapi.json. A field may be null, which counts as not given.

using System.Text.Json;

namespace GruLM.Server;

/// <summary>Writes schemas of fields. Safe for several threads.</summary>
internal static class FieldSchemas
{
    // Whole numbers that every reader of JSON can hold.
    private const double MostExact = 1L << 53;

    /// <summary>Writes what an object with these fields is, without its braces.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<Field> fields)
    {
        json.WriteString("type", "object");
        json.WriteBoolean("additionalProperties", false);
        string[] needed = [.. fields.Where(field => field.IsNeeded).Select(field => field.Name)];
        if (needed.Length > 0)
        {
            json.WriteStartArray("required");
            foreach (string name in needed) json.WriteStringValue(name);
            json.WriteEndArray();
        }

        json.WriteStartObject("properties");
        foreach (Field field in fields)
        {
            json.WriteStartObject(field.Name);
            json.WriteString("description", field.Help);
            Write(json, field);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Field field)
    {
        switch (field.Kind)
        {
            case FieldKind.Text:
                Types(json, field, "string");
                break;
            case FieldKind.Texts:
                Types(json, field, "string", "array");
                json.WriteStartObject("items");
                json.WriteString("type", "string");
                json.WriteEndObject();
                if (double.IsFinite(field.Most)) json.WriteNumber("maxItems", field.Most);
                break;
            case FieldKind.Number:
                Types(json, field, "number");
                Range(json, field);
                break;
            case FieldKind.Integer:
                Types(json, field, "integer");
                Range(json, field);
                break;
            case FieldKind.Switch:
                Types(json, field, "boolean");
                break;
            case FieldKind.Object when field.Fields.Count > 0:
                Write(json, field.Fields);
                break;
            case FieldKind.Object:
                Types(json, field, "object");
                break;
            case FieldKind.List:
                Types(json, field, "array");
                break;
            default:
                break;
        }
    }

    private static void Types(Utf8JsonWriter json, Field field, params ReadOnlySpan<string> types)
    {
        if (field.IsNeeded && types.Length == 1)
        {
            json.WriteString("type", types[0]);
            return;
        }

        json.WriteStartArray("type");
        foreach (string type in types) json.WriteStringValue(type);
        if (!field.IsNeeded) json.WriteStringValue("null");
        json.WriteEndArray();
    }

    private static void Range(Utf8JsonWriter json, Field field)
    {
        if (Math.Abs(field.Least) <= MostExact) json.WriteNumber("minimum", field.Least);
        if (Math.Abs(field.Most) <= MostExact) json.WriteNumber("maximum", field.Most);
    }
}
