// GET /openapi.json: the addresses and their fields, as OpenAPI 3.1 describes them. It is written from the tables that requests are read
// by, so that it cannot say anything else.

using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Describes the server. Safe for several threads.</summary>
/// <param name="routes">Its addresses, all of them once the server has started.</param>
internal sealed partial class OpenApiEndpoint(IReadOnlyList<Route> routes)
{
    /// <summary>Answers with the description.</summary>
    public Task Handle(HttpContext http) => JsonAnswer.Write(http.Response, Write);

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("openapi", "3.1.0");
        json.WriteStartObject("info");
        json.WriteString("title", "GruLM");
        json.WriteString("version", ServerVersion.Text);
        json.WriteEndObject();
        json.WriteStartObject("paths");
        foreach (IGrouping<string, Route> address in routes.GroupBy(route => route.Template))
        {
            json.WriteStartObject(address.Key);
            foreach (Route route in address) WriteRoute(json, route);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        WriteComponents(json);
        json.WriteEndObject();
    }

    private static void WriteRoute(Utf8JsonWriter json, Route route)
    {
        json.WriteStartObject(route.Method.ToLowerInvariant());
        json.WriteString("summary", route.Help);
        json.WriteString("operationId", NoWord().Replace($"{route.Method}{route.Template}", "_").Trim('_').ToLowerInvariant());
        WriteParameters(json, route);
        if (route.Fields.Count > 0) WriteRequest(json, route);
        json.WriteStartObject("responses");
        json.WriteStartObject("200");
        json.WriteString("description", "the answer");
        json.WriteStartObject("content");
        WriteContent(json, route.Kind, whole: route.Kind == "application/json");
        if (route.StreamKind is { } stream) WriteContent(json, stream, whole: false);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("default");
        json.WriteString("description", "what is wrong");
        json.WriteStartObject("content");
        json.WriteStartObject("application/json");
        json.WriteStartObject("schema");
        string error = ErrorShape.IsPlain(route.Address) ? "PlainError" : "Error";
        json.WriteString("$ref", $"#/components/schemas/{error}");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter json, string kind, bool whole)
    {
        json.WriteStartObject(kind);
        json.WriteStartObject("schema");
        json.WriteString("type", whole ? "object" : "string");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteParameters(Utf8JsonWriter json, Route route)
    {
        Match[] names = [.. Braces().Matches(route.Template).Cast<Match>()];
        if (names.Length == 0) return;
        json.WriteStartArray("parameters");
        foreach (Match name in names)
        {
            json.WriteStartObject();
            json.WriteString("name", name.Groups[1].Value);
            json.WriteString("in", "path");
            json.WriteBoolean("required", true);
            json.WriteStartObject("schema");
            json.WriteString("type", "string");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRequest(Utf8JsonWriter json, Route route)
    {
        json.WriteStartObject("requestBody");
        json.WriteBoolean("required", true);
        json.WriteStartObject("content");
        json.WriteStartObject("application/json");
        json.WriteStartObject("schema");
        FieldSchemas.Write(json, route.Fields);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteComponents(Utf8JsonWriter json)
    {
        json.WriteStartObject("components");
        json.WriteStartObject("schemas");
        json.WritePropertyName("Error");
        json.WriteRawValue("""
            {"type":"object","required":["error"],"properties":{"error":{"type":"object","required":["message","type"],"properties":{
            "message":{"type":"string"},"type":{"type":"string"},"param":{"type":["string","null"]},"code":{"type":["string","null"]}}}}}
            """);
        json.WritePropertyName("PlainError");
        json.WriteRawValue("""{"type":"object","required":["error"],"properties":{"error":{"type":"string"}}}""");
        json.WriteEndObject();
        json.WriteStartObject("securitySchemes");
        json.WritePropertyName("key");
        json.WriteRawValue("""{"type":"http","scheme":"bearer"}""");
        json.WriteEndObject();
        json.WriteEndObject();

        // A server has keys or not; both are fine here.
        json.WriteStartArray("security");
        json.WriteStartObject();
        json.WriteStartArray("key");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    [GeneratedRegex("[^A-Za-z0-9]+")]
    private static partial Regex NoWord();

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Braces();
}
