// Every address of the server, with what answers it.

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GruLM.Server;

/// <summary>The table of addresses.</summary>
internal static class Routes
{
    private const string Events = "text/event-stream";
    private const string Lines = "application/x-ndjson";

    /// <summary>All addresses.</summary>
    public static IReadOnlyList<Route> All(ServerParts parts)
    {
        var routes = new List<Route>();
        routes.AddRange(OfServer(parts, routes));
        routes.AddRange(OfOpenAI(parts));
        routes.AddRange(OfOllama(parts));
        routes.AddRange(OfTokens(parts));
        return routes;
    }

    /// <summary>Adds addresses to those that are answered.</summary>
    public static void Map(IEndpointRouteBuilder builder, IReadOnlyList<Route> routes, ServerParts parts)
    {
        foreach (Route route in routes)
        {
            RequestDelegate handle = route.Operation is { } operation
                ? new Measured(route.Handle, parts.Meters, operation).Handle
                : route.Handle;

            // Who asks for the head alone gets that of the answer to GET.
            builder.MapMethods(route.Address, route.Method == "GET" ? ["GET", "HEAD"] : [route.Method], handle);
        }
    }

    private static Route[] OfServer(ServerParts parts, IReadOnlyList<Route> all) =>
    [
        new("GET", "/", "The page of a model, for browsers; others are told that the server is there", new PageEndpoint(parts).Handle)
        {
            Kind = "text/html",
        },
        new("GET", "/health", "Tells that the server is there; needs no key", Health),
        new("GET", "/metrics", "Shows what was counted and measured, as Prometheus reads it", new MetricsEndpoint(parts.Meters.Text).Handle)
        {
            Kind = "text/plain",
        },
        new("GET", "/openapi.json", "This description", new OpenApiEndpoint(all).Handle),
    ];

    private static Route[] OfOpenAI(ServerParts parts)
    {
        var models = new ModelsEndpoint(parts);
        var responses = new ResponsesEndpoint(parts);
        return
        [
            new("GET", "/v1/models", "Lists the models", models.HandleAll),
            new("GET", "/v1/models/{**name}", "Tells about a model", models.HandleOne),
            new("POST", "/v1/completions", "Goes on behind prompts", new CompletionsEndpoint(parts).Handle)
            {
                Fields = CompletionsEndpoint.Fields,
                StreamKind = Events,
                Operation = "text_completion",
            },
            new("POST", "/v1/chat/completions", "Replies to a talk", new ChatEndpoint(parts).Handle)
            {
                Fields = ChatEndpoint.Fields,
                StreamKind = Events,
                Operation = "chat",
            },
            new("POST", "/v1/responses", "Replies, and goes on from earlier replies", responses.Handle)
            {
                Fields = ResponsesEndpoint.Fields,
                StreamKind = Events,
                Operation = "chat",
            },
            new("GET", "/v1/responses/{id}", "Says that responses are not kept", ResponsesEndpoint.HandleOne),
            new("POST", "/v1/embeddings", "Makes vectors of texts", new EmbeddingsEndpoint(parts).Handle)
            {
                Fields = EmbeddingsEndpoint.Fields,
                Operation = "embeddings",
            },
        ];
    }

    private static Route[] OfOllama(ServerParts parts)
    {
        var models = new OllamaModels(parts);
        var vectors = new OllamaEmbed(parts);
        return
        [
            new("GET", "/api/version", "Tells the version", OllamaModels.HandleVersion),
            new("GET", "/api/tags", "Lists the models", models.HandleAll),
            new("GET", "/api/ps", "Lists the models in memory, which are all", models.HandleLoaded),
            new("POST", "/api/show", "Tells about a model", models.HandleOne) { Fields = OllamaModels.Fields },
            new("POST", "/api/generate", "Goes on behind a prompt, or replies to it", new OllamaGenerate(parts).Handle)
            {
                Fields = OllamaGenerate.Fields,
                StreamKind = Lines,
                Operation = "text_completion",
            },
            new("POST", "/api/chat", "Replies to a talk", new OllamaChat(parts).Handle)
            {
                Fields = OllamaChat.Fields,
                StreamKind = Lines,
                Operation = "chat",
            },
            new("POST", "/api/embed", "Makes vectors of texts", vectors.Handle)
            {
                Fields = OllamaEmbed.Fields,
                Operation = "embeddings",
            },
            new("POST", "/api/embeddings", "Makes the vector of a text, as older clients ask for it", vectors.HandleOld)
            {
                Fields = OllamaEmbed.OldFields,
                Operation = "embeddings",
            },
        ];
    }

    private static Route[] OfTokens(ServerParts parts)
    {
        var tokens = new TokensEndpoint(parts);
        return
        [
            new("POST", "/tokenize", "Cuts a text into tokens", tokens.HandleText) { Fields = TokensEndpoint.TextFields },
            new("POST", "/detokenize", "Puts tokens together", tokens.HandleIds) { Fields = TokensEndpoint.IdFields },
        ];
    }

    private static Task Health(HttpContext http) => JsonAnswer.Write(http.Response, json =>
    {
        json.WriteStartObject();
        json.WriteString("status", "ok");
        json.WriteEndObject();
    });
}
