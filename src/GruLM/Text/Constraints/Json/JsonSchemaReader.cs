// JSON schemas: the subset that OpenAI's structured outputs define. Every keyword is understood or an error that names it with its path.
// Values are written without white space, properties in the order of the schema.

using System.Text;
using System.Text.Json;
using GruLM.Formats;
using GruLM.Generation;

namespace GruLM;

/// <summary>Reads a schema.</summary>
internal sealed class JsonSchemaReader
{
    // What says nothing of which values fit.
    private static readonly string[] s_notes =
    [
        "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "$schema", "$id", "$anchor",
        "$defs", "definitions",
    ];

    private readonly JsonElement _root;
    private readonly List<GrammarRule> _rules = [];

    // Rules by the paths of the schemas that they are for, and by names for what all schemas share.
    private readonly Dictionary<string, int> _numbers = [];

    private JsonSchemaReader(JsonElement root) => _root = root;

    /// <summary>The rules, the root first. Throws <see cref="ArgumentException"/>, which names the path and the keyword, for what is not
    /// understood.</summary>
    public static IReadOnlyList<GrammarRule> Read(string schema)
    {
        byte[] json = Encoding.UTF8.GetBytes(schema.TrimStart('\uFEFF'));
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 200 });
            var reader = new JsonSchemaReader(document.RootElement);
            reader.RuleOf("#", document.RootElement);
            return reader._rules;
        }
        catch (JsonException error)
        {
            throw new ArgumentException("the schema " + JsonBytes.Problem(json, error), error);
        }
    }

    // The rule for a schema, which may ask for itself.
    private int RuleOf(string path, JsonElement schema) => RuleOf(path, () => Value(schema, path));

    private int RuleOf(string name, Func<GrammarExpression> says)
    {
        if (_numbers.TryGetValue(name, out int number)) return number;
        _numbers[name] = number = _rules.Count;
        _rules.Add(new GrammarRule($"'{name}'", "", GrammarExpression.Empty));
        _rules[number] = _rules[number] with { Says = says() };
        return number;
    }

    private GrammarExpression Value(JsonElement schema, string path)
    {
        if (schema.ValueKind == JsonValueKind.True) return AnyValue();
        if (schema.ValueKind == JsonValueKind.False) throw Error(path, "false allows no value");
        if (schema.ValueKind != JsonValueKind.Object) throw Error(path, "a schema is an object");
        if (schema.TryGetProperty("$ref", out JsonElement target))
        {
            Check(schema, path, "beside '$ref'", "$ref");
            return Referred(target, path);
        }

        if (schema.TryGetProperty("const", out JsonElement value))
        {
            Check(schema, path, "beside 'const'", "const", "type");
            return OneOf(schema, path, [value]);
        }

        if (schema.TryGetProperty("enum", out JsonElement values))
        {
            Check(schema, path, "beside 'enum'", "enum", "type");
            if (values.ValueKind != JsonValueKind.Array) throw Error(path, "'enum' is a list of values");
            return OneOf(schema, path, values.EnumerateArray());
        }

        if (schema.TryGetProperty("anyOf", out JsonElement choices))
        {
            Check(schema, path, "beside 'anyOf'", "anyOf");
            bool isList = choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0;
            if (!isList) throw Error(path, "'anyOf' is a list of schemas");
            return new GrammarExpression.OneOf([.. choices.EnumerateArray().Select((choice, i) => Value(choice, $"{path}/anyOf/{i}"))]);
        }

        if (schema.TryGetProperty("type", out JsonElement type)) return Typed(schema, path, type);
        Check(schema, path, "without 'type'");
        return AnyValue();
    }

    private GrammarExpression Typed(JsonElement schema, string path, JsonElement type)
    {
        string[] types = TypeNames(type, path);
        string[] known = [.. types.SelectMany(KeywordsOf), "type"];
        Check(schema, path, $"for type {string.Join(" or ", types)}", known);
        CheckFormat(schema, path, types);
        GrammarExpression[] ways = [.. types.Select(name => OfType(name, schema, path))];
        return ways.Length == 1 ? ways[0] : new GrammarExpression.OneOf(ways);
    }

    private static string[] TypeNames(JsonElement type, string path)
    {
        JsonElement[] names = type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray()] : [type];
        bool areNames = names.Length > 0 && names.All(name => name.ValueKind == JsonValueKind.String);
        if (!areNames) throw Error(path, "'type' is a name or a list of names");
        return [.. names.Select(name => name.GetString()!).Distinct()];
    }

    // A format says something of one kind of values, and nothing of the other types beside it.
    private static void CheckFormat(JsonElement schema, string path, string[] types)
    {
        if (Format(schema, path) is not { } format) return;
        IEnumerable<string> ofStrings = types.Contains("string") ? StringFormats.Names : [];
        IEnumerable<string> ofNumbers = types.Contains("number") || types.Contains("integer") ? NumberFormats.Names : [];
        string[] known = [.. ofStrings, .. ofNumbers];
        if (known.Contains(format)) return;
        string what = $"the format '{format}' is not understood for type {string.Join(" or ", types)}";
        throw Error(path, $"{what}; those that are: {string.Join(", ", known)}");
    }

    private static string[] KeywordsOf(string type) => type switch
    {
        "object" => ["properties", "required", "additionalProperties"],
        "array" => ["items", "minItems", "maxItems"],
        "string" => ["pattern", "minLength", "maxLength", "format", "contentEncoding"],
        "number" or "integer" => ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format"],
        _ => [],
    };

    private GrammarExpression OfType(string type, JsonElement schema, string path) => type switch
    {
        "object" => schema.TryGetProperty("properties", out _) || schema.TryGetProperty("additionalProperties", out _)
            ? new JsonObjectReader(schema, path).Read((name, property) => Value(property, $"{path}/properties/{name}"), AsRule)
            : Shared("an object", () => AnyOf("{}", AnyMember, "{", "}")),
        "array" => Items(schema, path),
        "string" => new JsonStringReader(schema, path).Read(Shared),
        "number" => new JsonNumberReader(schema, path).Read(isWhole: false),
        "integer" => new JsonNumberReader(schema, path).Read(isWhole: true),
        "boolean" => new GrammarExpression.OneOf([GrammarExpression.Text("true"), GrammarExpression.Text("false")]),
        "null" => GrammarExpression.Text("null"),
        _ => throw Error(path, $"type '{type}' is not understood"),
    };

    private GrammarExpression.Rule AsRule(string name, GrammarExpression says) => new(RuleOf(name, () => says));

    private GrammarExpression.InOrder Items(JsonElement schema, string path)
    {
        int least = Count(schema, path, "minItems") ?? 0;
        int? most = Count(schema, path, "maxItems");
        if (most < least) throw Error(path, $"'minItems' {least} is above 'maxItems' {most}");
        if (most == 0) return GrammarExpression.Text("[]");
        GrammarExpression item = schema.TryGetProperty("items", out JsonElement items)
            ? new GrammarExpression.Rule(RuleOf($"{path}/items", items))
            : AnyValue();
        GrammarExpression more = new GrammarExpression.InOrder([GrammarExpression.Text(","), item]);
        GrammarExpression some = new GrammarExpression.InOrder(
            [item, new GrammarExpression.Repeated(more, Math.Max(least - 1, 0), most - 1)]);
        return new GrammarExpression.InOrder(
            [GrammarExpression.Text("["), least > 0 ? some : new GrammarExpression.Repeated(some, 0, 1), GrammarExpression.Text("]")]);
    }

    /// <summary>The name of the format that a schema asks for; null where it asks for none.</summary>
    internal static string? Format(JsonElement schema, string path)
    {
        if (!schema.TryGetProperty("format", out JsonElement format)) return null;
        return format.ValueKind == JsonValueKind.String ? format.GetString() : throw Error(path, "'format' is a name");
    }

    /// <summary>A number of things, 0 or more; null where the schema does not have the keyword.</summary>
    internal static int? Count(JsonElement schema, string path, string keyword)
    {
        if (!schema.TryGetProperty(keyword, out JsonElement value)) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int count) && count >= 0
            ? count
            : throw Error(path, $"'{keyword}' is a whole number, 0 or more");
    }

    private GrammarExpression.Rule Referred(JsonElement target, string path)
    {
        string pointer = target.ValueKind == JsonValueKind.String ? target.GetString()! : "";
        if (pointer != "#" && !pointer.StartsWith("#/", StringComparison.Ordinal))
        {
            throw Error(path, $"'$ref' {pointer} is not understood; those within the schema are, such as #/$defs/name");
        }

        JsonElement found = _root;
        foreach (string part in pointer.Split('/').Skip(1))
        {
            string name = Uri.UnescapeDataString(part).Replace("~1", "/").Replace("~0", "~");
            bool isThere = found.ValueKind == JsonValueKind.Object
                ? found.TryGetProperty(name, out JsonElement next)
                : TryIndex(found, name, out next);
            if (!isThere) throw Error(path, $"'$ref' {pointer} leads nowhere");
            found = next;
        }

        return new GrammarExpression.Rule(RuleOf(pointer, found));
    }

    private static bool TryIndex(JsonElement list, string name, out JsonElement item)
    {
        item = default;
        if (list.ValueKind != JsonValueKind.Array || !int.TryParse(name, out int i) || (uint)i >= (uint)list.GetArrayLength()) return false;
        item = list[i];
        return true;
    }

    private static GrammarExpression.OneOf OneOf(JsonElement schema, string path, IEnumerable<JsonElement> values)
    {
        string[]? types = schema.TryGetProperty("type", out JsonElement type) ? TypeNames(type, path) : null;
        string[] texts = [.. values.Where(value => types is null || types.Any(name => Is(value, name))).Select(Text).Distinct()];
        if (texts.Length == 0) throw Error(path, "none of the values is of the type");
        return new GrammarExpression.OneOf([.. texts.Select(GrammarExpression.Text)]);

        string Text(JsonElement value)
        {
            try
            {
                return JsonTexts.Of(value);
            }
            catch (InvalidOperationException)
            {
                throw Error(path, "a value holds half of a surrogate pair");
            }
        }
    }

    private static bool Is(JsonElement value, string type) => value.ValueKind switch
    {
        JsonValueKind.Object => type == "object",
        JsonValueKind.Array => type == "array",
        JsonValueKind.String => type == "string",
        JsonValueKind.Number => type == "number" || (type == "integer" && DecimalBound.Read(value.GetRawText(), false) is { Fraction: "" }),
        JsonValueKind.True or JsonValueKind.False => type == "boolean",
        _ => type == "null",
    };

    private GrammarExpression.Rule AnyValue() => Shared("any value", () => new GrammarExpression.OneOf(
    [
        Shared("an object", () => AnyOf("{}", AnyMember, "{", "}")), Shared("a list", () => AnyOf("[]", AnyValue, "[", "]")), AnyString(),
        Shared("a number", () => NumberTexts.Between(null, null, isWhole: false)!), GrammarExpression.Text("true"),
        GrammarExpression.Text("false"), GrammarExpression.Text("null"),
    ]));

    private GrammarExpression AnyMember() => new GrammarExpression.InOrder([AnyString(), GrammarExpression.Text(":"), AnyValue()]);

    private GrammarExpression.InOrder AnyString() => new GrammarExpression.InOrder(
    [
        GrammarExpression.Text("\""),
        new GrammarExpression.Repeated(Shared("a character", () => JsonTexts.Character(CodePointSet.All)), 0, null),
        GrammarExpression.Text("\""),
    ]);

    private static GrammarExpression.OneOf AnyOf(string none, Func<GrammarExpression> part, string open, string close)
    {
        GrammarExpression more = new GrammarExpression.InOrder([GrammarExpression.Text(","), part()]);
        return new GrammarExpression.OneOf(
        [
            GrammarExpression.Text(none),
            new GrammarExpression.InOrder(
                [GrammarExpression.Text(open), part(), new GrammarExpression.Repeated(more, 0, null), GrammarExpression.Text(close)]),
        ]);
    }

    private GrammarExpression.Rule Shared(string name, Func<GrammarExpression> says) => new(RuleOf(name, says));

    private static void Check(JsonElement schema, string path, string where, params string[] known)
    {
        foreach (string keyword in schema.EnumerateObject().Select(property => property.Name))
        {
            if (known.Contains(keyword) || s_notes.Contains(keyword) || SaysNothing(keyword, schema.GetProperty(keyword))) continue;
            throw Error(path, $"the keyword '{keyword}' is not understood {where}");
        }
    }

    // Keywords as exporters leave them behind, which every value fits, such as an "items": {} beside a reference.
    private static bool SaysNothing(string keyword, JsonElement value) => keyword switch
    {
        "items" or "additionalProperties" => IsAnything(value),
        "properties" => value.ValueKind == JsonValueKind.Object && value.EnumerateObject().All(property => IsAnything(property.Value)),
        "required" => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0,
        "minItems" or "minLength" => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int least) && least == 0,
        _ => false,
    };

    private static bool IsAnything(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.True || (schema.ValueKind == JsonValueKind.Object && !schema.EnumerateObject().Any());

    internal static ArgumentException Error(string path, string what) => new($"{path}: {what}");
}
