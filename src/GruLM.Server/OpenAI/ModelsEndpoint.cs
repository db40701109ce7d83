// GET /v1/models and /v1/models/NAME.

using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Lists models. Safe for several threads.</summary>
internal sealed class ModelsEndpoint(ServerParts parts)
{
    /// <summary>Answers with all models.</summary>
    public Task HandleAll(HttpContext http) => JsonAnswer.Write(http.Response, json =>
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (ServedModel model in parts.Shelf.Models) Write(json, model);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>Answers with one model.</summary>
    public Task HandleOne(HttpContext http)
    {
        ServedModel model = parts.Shelf.Find(http.Request.RouteValues["name"] as string ?? "");
        return JsonAnswer.Write(http.Response, json => Write(json, model));
    }

    private static void Write(Utf8JsonWriter json, ServedModel model)
    {
        json.WriteStartObject();
        json.WriteString("id", model.Name);
        json.WriteString("object", "model");
        json.WriteNumber("created", model.Made.ToUnixTimeSeconds());
        json.WriteString("owned_by", "grulm");
        json.WriteEndObject();
    }
}
