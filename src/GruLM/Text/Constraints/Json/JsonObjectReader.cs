// Objects of a schema: their properties in its order, those that may be missing with or without a comma before them.

using System.Text.Json;
using GruLM.Generation;

namespace GruLM;

/// <summary>Reads the schema of an object.</summary>
internal sealed class JsonObjectReader(JsonElement schema, string path)
{
    /// <summary>The texts of the object.</summary>
    /// <param name="value">What a property's schema allows, by its name as paths write it.</param>
    /// <param name="asRule">Makes a rule.</param>
    public GrammarExpression Read(
        Func<string, JsonElement, GrammarExpression> value, Func<string, GrammarExpression, GrammarExpression> asRule)
    {
        if (schema.TryGetProperty("additionalProperties", out JsonElement others) && others.ValueKind != JsonValueKind.False)
        {
            throw JsonSchemaReader.Error(path, "'additionalProperties' is understood as false alone");
        }

        JsonProperty[] properties = schema.TryGetProperty("properties", out JsonElement all) ? Properties(all) : [];
        HashSet<string> required = Required();
        if (required.FirstOrDefault(name => properties.All(property => property.Name != name)) is { } missing)
        {
            throw JsonSchemaReader.Error(path, $"'required' names '{missing}', which 'properties' does not have");
        }

        bool isFixed = properties.All(property => required.Contains(property.Name));
        List<(GrammarExpression Text, bool IsRequired)> members = [];
        foreach (JsonProperty property in properties)
        {
            string name = property.Name.Replace("~", "~0").Replace("/", "~1");
            GrammarExpression text = new GrammarExpression.InOrder(
                [GrammarExpression.Text(JsonTexts.Quoted(property.Name) + ":"), value(name, property.Value)]);
            members.Add((isFixed ? text : asRule($"{path}/properties/{name} and its value", text), required.Contains(property.Name)));
        }

        return new GrammarExpression.InOrder([GrammarExpression.Text("{"), Members(members), GrammarExpression.Text("}")]);
    }

    // The first member has no comma before it, and which one is the first is open up to the first that must be there.
    private static GrammarExpression Members(List<(GrammarExpression Text, bool IsRequired)> members)
    {
        List<GrammarExpression> ways = [];
        for (int first = 0; first < members.Count; first++)
        {
            List<GrammarExpression> parts = [members[first].Text];
            foreach ((GrammarExpression text, bool isRequired) in members.Skip(first + 1))
            {
                GrammarExpression next = new GrammarExpression.InOrder([GrammarExpression.Text(","), text]);
                parts.Add(isRequired ? next : new GrammarExpression.Repeated(next, 0, 1));
            }

            ways.Add(new GrammarExpression.InOrder(parts));
            if (members[first].IsRequired) return ways.Count == 1 ? ways[0] : new GrammarExpression.OneOf(ways);
        }

        return new GrammarExpression.OneOf([.. ways, GrammarExpression.Empty]);
    }

    private JsonProperty[] Properties(JsonElement all) => all.ValueKind == JsonValueKind.Object
        ? [.. all.EnumerateObject()]
        : throw JsonSchemaReader.Error(path, "'properties' is an object of schemas");

    private HashSet<string> Required()
    {
        if (!schema.TryGetProperty("required", out JsonElement names)) return [];
        bool isList = names.ValueKind == JsonValueKind.Array && names.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String);
        if (!isList) throw JsonSchemaReader.Error(path, "'required' is a list of names");
        return [.. names.EnumerateArray().Select(name => name.GetString()!)];
    }
}
