// Strings of a schema: any, those of a pattern, of a format or of bytes in base64, and how long they may be.

using System.Text.Json;
using GruLM.Generation;

namespace GruLM;

/// <summary>Reads the schema of a string.</summary>
internal sealed class JsonStringReader(JsonElement schema, string path)
{
    // Strings of a format are written no longer than that where a length is asked for, which has to be counted.
    private const int MostCounted = 200;

    /// <summary>The texts of the strings, in quotation marks.</summary>
    /// <param name="shared">Makes a rule, once, for what many schemas ask for.</param>
    public GrammarExpression.InOrder Read(Func<string, Func<GrammarExpression>, GrammarExpression> shared)
    {
        int least = JsonSchemaReader.Count(schema, path, "minLength") ?? 0;
        int? most = JsonSchemaReader.Count(schema, path, "maxLength");
        if (most < least) throw JsonSchemaReader.Error(path, $"'minLength' {least} is above 'maxLength' {most}");
        GrammarExpression.InOrder quote = GrammarExpression.Text("\"");
        return new GrammarExpression.InOrder([quote, Inside(least, most, shared), quote]);
    }

    private GrammarExpression Inside(int least, int? most, Func<string, Func<GrammarExpression>, GrammarExpression> shared)
    {
        List<(string Keyword, GrammarExpression Texts)> asked = [.. Asked()];
        if (asked.Count > 1)
        {
            string keywords = $"'{asked[0].Keyword}' and '{asked[1].Keyword}'";
            throw JsonSchemaReader.Error(path, $"{keywords} together are not understood; leave one out");
        }

        if (asked.Count == 0)
        {
            return new GrammarExpression.Repeated(shared("a character", () => JsonTexts.Character(CodePointSet.All)), least, most);
        }

        (string keyword, GrammarExpression texts) = asked[0];
        if (keyword == "pattern") return PatternTexts.Of(texts, least, most, $"{path}: ");
        most = most > MostCounted ? Math.Max(MostCounted, least) : most;
        string name = $"a string of {keyword} {schema.GetProperty(keyword).GetString()}, {least} to {most}";
        return shared(name, () => PatternTexts.Of(texts, least, most, $"{path}: "));
    }

    // Each keyword that says what a string is, besides its length.
    private IEnumerable<(string Keyword, GrammarExpression Texts)> Asked()
    {
        if (schema.TryGetProperty("pattern", out JsonElement pattern))
        {
            if (pattern.ValueKind != JsonValueKind.String) throw JsonSchemaReader.Error(path, "'pattern' is a text");
            yield return ("pattern", Pattern(pattern.GetString()!));
        }

        if (JsonSchemaReader.Format(schema, path) is { } format && StringFormats.Find(format) is { } texts) yield return ("format", texts);
        if (!schema.TryGetProperty("contentEncoding", out JsonElement encoding)) yield break;
        bool isBase64 = encoding.ValueKind == JsonValueKind.String && encoding.GetString() == "base64";
        if (!isBase64) throw JsonSchemaReader.Error(path, "'contentEncoding' is understood as base64 alone");
        yield return ("contentEncoding", StringFormats.Base64);
    }

    private GrammarExpression Pattern(string pattern)
    {
        try
        {
            return RegexReader.Read(pattern, isAnywhere: true);
        }
        catch (ArgumentException error)
        {
            throw JsonSchemaReader.Error(path, $"'pattern': {error.Message}");
        }
    }
}
