// Errors in the shape that the clients of an address know: OpenAI's, or under /api/ Ollama's.

using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Writes errors. Safe for several threads.</summary>
internal static class ErrorShape
{
    /// <summary>Whether an address answers errors as Ollama does: with a sentence alone.</summary>
    public static bool IsPlain(string address) => address.StartsWith("/api/", StringComparison.Ordinal);

    /// <summary>Writes an error for a request.</summary>
    public static void Write(Utf8JsonWriter json, ApiException error, HttpRequest request)
    {
        json.WriteStartObject();
        if (IsPlain(request.Path)) json.WriteString("error", error.Message);
        else WriteDetails(json, error);
        json.WriteEndObject();
    }

    private static void WriteDetails(Utf8JsonWriter json, ApiException error)
    {
        json.WriteStartObject("error");
        json.WriteString("message", error.Message);
        json.WriteString("type", error.Kind);
        json.WriteString("param", error.Field);
        json.WriteString("code", error.Code);
        json.WriteEndObject();
    }
}
