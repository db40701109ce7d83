// The JSON of a request, read field by field: what has the wrong type, is out of its range or is not known is refused by its name.

using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>An object with known fields. A field that is null counts as not given.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int MostDepth = 64;
    private const int UnsupportedMediaType = 415;

    private static readonly JsonElement s_nothing = JsonDocument.Parse("{}").RootElement;

    private readonly JsonDocument? _document;
    private readonly Dictionary<string, JsonElement> _given = [];

    private RequestBody(JsonElement root, IReadOnlyList<Field> fields, JsonDocument? document = null)
    {
        _document = document;
        foreach (JsonProperty property in root.EnumerateObject())
        {
            string name = NameOf(property);
            CheckKnown(name, fields);
            if (property.Value.ValueKind == JsonValueKind.Null) _given.Remove(name);
            else _given[name] = property.Value;
        }

        if (fields.FirstOrDefault(field => field.IsNeeded && !Has(field)) is { } missing)
        {
            throw ApiException.Bad($"'{missing.Name}' is missing", missing.Name);
        }
    }

    /// <summary>Reads a request's body.</summary>
    /// <exception cref="ApiException">It is no JSON object, or has a field that is not known.</exception>
    public static async Task<RequestBody> Read(HttpRequest request, IReadOnlyList<Field> fields, CancellationToken cancel)
    {
        JsonDocument? document = null;
        CheckEncoding(request.Headers.ContentEncoding.ToString());
        try
        {
            using var bytes = new MemoryStream();
            await request.Body.CopyToAsync(bytes, cancel).ConfigureAwait(false);
            ReadOnlyMemory<byte> utf8 = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);

            // Some editors begin every file with a mark that says nothing.
            if (utf8.Span.StartsWith("\uFEFF"u8)) utf8 = utf8["\uFEFF"u8.Length..];
            if (utf8.IsEmpty) throw ApiException.Bad("the request is empty; a JSON object was expected");
            if (!Utf8.IsValid(utf8.Span)) throw ApiException.Bad("the request is no UTF-8");
            document = JsonDocument.Parse(utf8, new() { MaxDepth = MostDepth });
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object) return new RequestBody(root, fields, document);
            throw ApiException.Bad($"the request is {Describe(root)}; a JSON object was expected");
        }
        catch (JsonException error)
        {
            document?.Dispose();
            throw ApiException.Bad($"the request is no JSON that can be read: {Where(error)}");
        }
        catch
        {
            document?.Dispose();
            throw;
        }
    }

    /// <summary>Whether a field is given.</summary>
    public bool Has(Field field) => _given.ContainsKey(field.Name);

    /// <summary>Whatever a field holds; null where it is not given.</summary>
    public JsonElement? Element(Field field) => _given.TryGetValue(field.Name, out JsonElement value) ? value : null;

    /// <summary>A text.</summary>
    public string? Text(Field field) => Element(field) is { } value ? TextOf(value, field.Name) : null;

    /// <summary>A number in the field's range.</summary>
    public double? Number(Field field)
    {
        if (Element(field) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Number) throw Wrong(value, field.Name, "a number");
        return InRange(value.GetDouble(), field);
    }

    /// <summary>A whole number in the field's range.</summary>
    public long? Integer(Field field)
    {
        if (Element(field) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Number) throw Wrong(value, field.Name, "a whole number");
        if (value.TryGetInt64(out long whole))
        {
            InRange(whole, field);
            return whole;
        }

        double number = value.GetDouble();
        InRange(number, field);
        if (number != Math.Floor(number) || Math.Abs(number) > 1L << 53) throw Wrong(value, field.Name, "a whole number");
        return (long)number;
    }

    /// <summary>True or false.</summary>
    public bool Switch(Field field) => Element(field)?.ValueKind switch
    {
        null or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => throw Wrong(Element(field)!.Value, field.Name, "true or false"),
    };

    /// <summary>A text, or several, none of them empty; none where the field is not given.</summary>
    public IReadOnlyList<string> Texts(Field field)
    {
        if (Element(field) is not { } value) return [];
        JsonElement[] elements = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        if (elements.Length > field.Most)
        {
            throw ApiException.Bad($"'{field.Name}' has {elements.Length} texts; at most {field.Most} were expected", field.Name);
        }

        string[] texts = [.. elements.Select(element => TextOf(element, field.Name))];
        return texts.All(text => text.Length > 0) ? texts : throw ApiException.Bad($"'{field.Name}' holds an empty text", field.Name);
    }

    /// <summary>What an object holds whose fields are known; empty where it is not given. It is read as long as this is.</summary>
    public RequestBody Within(Field field)
    {
        if (Element(field) is not { } value) return new RequestBody(s_nothing, []);
        return value.ValueKind == JsonValueKind.Object
            ? new RequestBody(value, field.Fields)
            : throw Wrong(value, field.Name, "an object");
    }

    /// <inheritdoc/>
    public void Dispose() => _document?.Dispose();

    /// <summary>The text of an element. Half of a surrogate pair is no text.</summary>
    public static string TextOf(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.String) throw Wrong(value, name, "a text");
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw ApiException.Bad($"'{name}' holds half of a surrogate pair, which is no character", name);
        }
    }

    /// <summary>The name of a property.</summary>
    public static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw ApiException.Bad("a field's name holds half of a surrogate pair, which is no character");
        }
    }

    /// <summary>Refuses what holds half of a surrogate pair anywhere, so that it can be given back.</summary>
    /// <exception cref="ApiException">It does.</exception>
    public static void CheckTexts(JsonElement value, string name)
    {
        if (value.ValueKind == JsonValueKind.String) TextOf(value, name);
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement each in value.EnumerateArray()) CheckTexts(each, name);
        }

        if (value.ValueKind != JsonValueKind.Object) return;
        foreach (JsonProperty property in value.EnumerateObject())
        {
            NameOf(property);
            CheckTexts(property.Value, name);
        }
    }

    /// <summary>The error of an element that is not what was expected.</summary>
    public static ApiException Wrong(JsonElement value, string name, string expected) =>
        ApiException.Bad($"'{name}' is {Describe(value)}; {expected} was expected", name);

    private static void CheckEncoding(string encoding)
    {
        if (encoding is "" or "identity") return;
        string shown = encoding.Length > 40 ? encoding[..40] + "…" : encoding;
        throw new ApiException(UnsupportedMediaType, $"the request is encoded as '{shown}'; send it as plain JSON");
    }

    private static double InRange(double number, Field field)
    {
        if (number >= field.Least && number <= field.Most) return number;
        string range = double.IsInfinity(field.Most) ? $"{field.Least} or more" : $"{field.Least} to {field.Most}";
        throw ApiException.Bad($"'{field.Name}' is {number}; {range} was expected", field.Name);
    }

    private static void CheckKnown(string name, IReadOnlyList<Field> fields)
    {
        if (fields.Any(field => field.Name == name)) return;
        string[] known = [.. fields.Where(field => field.Kind != FieldKind.Ignored).Select(field => field.Name)];
        string shown = name.Length > 40 ? name[..40] + "…" : name;
        string hint = NearestName.Of(shown, known) is { } near ? $"did you mean '{near}'?" : $"it has {string.Join(", ", known)}";
        throw ApiException.Bad($"'{shown}' is no field of this request; {hint}", shown, "unknown_field");
    }

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => value.GetRawText(),
    };

    private static string Where(JsonException error) =>
        error.LineNumber is { } line && error.BytePositionInLine is { } column ? $"line {line + 1}, byte {column + 1}" : "it is damaged";
}
