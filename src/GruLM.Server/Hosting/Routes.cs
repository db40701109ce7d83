// Every address of the server, with what answers it.

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GruLM.Server;

/// <summary>The table of addresses.</summary>
internal static class Routes
{
    /// <summary>Adds all addresses.</summary>
    public static void Map(IEndpointRouteBuilder routes, ServerParts parts)
    {
        Get("/health", http => JsonAnswer.Write(http.Response, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "ok");
            json.WriteEndObject();
        }));
        var models = new ModelsEndpoint(parts);
        Get("/v1/models", models.HandleAll);
        Get("/v1/models/{**name}", models.HandleOne);
        Post("/v1/completions", new CompletionsEndpoint(parts).Handle);
        Post("/v1/chat/completions", new ChatEndpoint(parts).Handle);
        Post("/v1/embeddings", new EmbeddingsEndpoint(parts).Handle);

        void Get(string address, RequestDelegate handle) => routes.MapMethods(address, ["GET"], handle);
        void Post(string address, RequestDelegate handle) => routes.MapMethods(address, ["POST"], handle);
    }
}
