// JSON schemas made at random: every keyword that is understood, nested, with recursion through $ref.

using System.Globalization;
using System.Text.Json.Nodes;

namespace GruLM.Tests;

internal sealed class RandomSchema(int seed)
{
    private static readonly string[] s_names = ["a", "name", "the \"b\"", "é/~", "日本", "x_1", "list", "tags"];
    private static readonly string[] s_patterns =
        ["^[a-z]+$", "^\\d{3}-\\d{2}$", "[é-ü]", "^(ab|c)*$", "^.{2,5}$", "\"|\\\\", "^[^a-z]?$", "x$", "^y", "a|^b"];

    private static readonly string[] s_formats = ["date", "date-time", "uuid", "ipv4", "ipv6", "email", "uri"];

    private readonly Random _random = new(seed);

    /// <summary>A schema that some value fits.</summary>
    public JsonObject Next()
    {
        JsonObject root = Schema(3);
        root["$defs"] = new JsonObject { ["node"] = Node(), ["leaf"] = Schema(0) };
        return root;
    }

    private bool Coin(int of = 2) => _random.Next(of) == 0;

    // A list or a tree; it can end.
    private JsonObject Node() => Object(
        ("value", Schema(0)), ("next", Coin() ? AnyOf(new JsonObject { ["type"] = "null" }, Ref()) : new JsonObject
        {
            ["type"] = "array",
            ["items"] = Ref(),
            ["maxItems"] = 2,
        }));

    private static JsonObject Ref() => new() { ["$ref"] = "#/$defs/node" };

    private JsonObject Schema(int depth) => _random.Next(depth > 0 ? 13 : 8) switch
    {
        0 => Number(isWhole: true),
        1 => Number(isWhole: false),
        2 or 3 => Text(),
        4 => new JsonObject { ["type"] = Coin() ? "boolean" : "null", ["description"] = "a note" },
        5 => new JsonObject { ["enum"] = new JsonArray([.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Value(2)).Distinct()]) },
        6 => new JsonObject { ["const"] = Value(2) },
        7 => new JsonObject { ["type"] = new JsonArray("string", "null", "integer"), ["maxLength"] = 4, ["minimum"] = -3 },
        8 => AnyOf([.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Schema(depth - 1))]),
        9 => Array(depth),
        10 when depth < 3 || Coin() => new JsonObject { ["$ref"] = Coin() ? "#/$defs/leaf" : "#/$defs/node" },
        _ => Object([.. s_names.OrderBy(_ => _random.Next()).Take(_random.Next(5)).Select(name => (name, Schema(depth - 1)))]),
    };

    private static JsonObject AnyOf(params JsonObject[] choices) => new() { ["anyOf"] = new JsonArray([.. choices]) };

    private JsonObject Object(params (string Name, JsonObject Schema)[] properties)
    {
        string[] required = [.. properties.Select(property => property.Name).Where(name => name is "value" or "next" || Coin())];
        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(properties.Select(property => KeyValuePair.Create(property.Name, (JsonNode?)property.Schema))),
            ["required"] = new JsonArray([.. required.Select(name => JsonValue.Create(name))]),
            ["additionalProperties"] = false,
        };
    }

    private JsonObject Array(int depth)
    {
        var array = new JsonObject { ["type"] = "array", ["items"] = Schema(depth - 1) };
        int least = _random.Next(3);
        if (Coin()) array["minItems"] = least;
        if (Coin()) array["maxItems"] = least + _random.Next(3);
        return array;
    }

    private JsonObject Text()
    {
        var text = new JsonObject { ["type"] = "string" };
        int least = _random.Next(4);
        if (Coin(3))
        {
            text["pattern"] = s_patterns[_random.Next(s_patterns.Length)];
            if (Coin()) text["maxLength"] = 12;
            return text;
        }

        if (Coin(4))
        {
            text["format"] = s_formats[_random.Next(s_formats.Length)];
            return text;
        }

        if (Coin()) text["minLength"] = least;
        if (Coin()) text["maxLength"] = least + _random.Next(6);
        return text;
    }

    private JsonObject Number(bool isWhole)
    {
        var number = new JsonObject { ["type"] = isWhole ? "integer" : "number" };
        decimal least = Bound(isWhole), most = least + Math.Abs(Bound(isWhole)) + (isWhole ? 2 : 0.01m);
        if (Coin()) number[Coin(4) ? "exclusiveMinimum" : "minimum"] = least;
        if (Coin()) number[Coin(4) ? "exclusiveMaximum" : "maximum"] = most;
        return number;
    }

    private decimal Bound(bool isWhole)
    {
        decimal bound = _random.Next(-1_000_000, 1_000_000) / (decimal)Math.Pow(10, _random.Next(7));
        return isWhole && Coin() ? Math.Round(bound) : bound;
    }

    private JsonNode? Value(int depth) => _random.Next(depth > 0 ? 7 : 5) switch
    {
        0 => null,
        1 => JsonValue.Create(Coin()),
        2 => JsonNode.Parse(Bound(Coin()).ToString(CultureInfo.InvariantCulture)),
        3 => JsonValue.Create(s_names[_random.Next(s_names.Length)] + "\n\u0001🙂"),
        4 => JsonValue.Create(""),
        5 => new JsonArray([.. Enumerable.Range(0, _random.Next(3)).Select(_ => Value(depth - 1))]),
        _ => new JsonObject { ["b"] = Value(depth - 1), ["\t"] = 1 },
    };

    /// <summary>The schema as the validator reads it: it knows no $defs and no const.</summary>
    public static string ForValidator(JsonNode schema)
    {
        JsonNode copy = schema.DeepClone();
        Rewrite(copy);

        // Beside a reference it sees nothing, not even what that leads to.
        if (copy["$ref"] is { } target)
        {
            copy["anyOf"] = new JsonArray(new JsonObject { ["$ref"] = target.DeepClone() });
            copy.AsObject().Remove("$ref");
        }

        return copy.ToJsonString().Replace("#/$defs/", "#/definitions/", StringComparison.Ordinal)
            .Replace("\"$defs\"", "\"definitions\"", StringComparison.Ordinal);

        static void Rewrite(JsonNode? node)
        {
            if (node is JsonObject { Count: > 0 } of && of.TryGetPropertyValue("const", out JsonNode? value))
            {
                of.Remove("const");
                of["enum"] = new JsonArray(value?.DeepClone());
                return;
            }

            if (node is JsonObject parent && !parent.ContainsKey("enum"))
            {
                foreach (JsonNode? child in parent.Select(pair => pair.Value).ToArray()) Rewrite(child);
            }
            else if (node is JsonArray list)
            {
                foreach (JsonNode? child in list.ToArray()) Rewrite(child);
            }
        }
    }
}
