// An address of the server: what answers it, and what /openapi.json says of it. The same table maps and describes.

using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>An address. Immutable.</summary>
/// <param name="Method">GET or POST.</param>
/// <param name="Address">The path; a part in braces may be anything.</param>
/// <param name="Help">What it does.</param>
/// <param name="Handle">What answers.</param>
internal sealed record Route(string Method, string Address, string Help, RequestDelegate Handle)
{
    /// <summary>The kind of a whole answer.</summary>
    public string Kind { get; init; } = "application/json";

    /// <summary>The kind of an answer that comes piece by piece; null: none does.</summary>
    public string? StreamKind { get; init; }

    /// <summary>The fields of its request's JSON; none: it has no body.</summary>
    public IReadOnlyList<Field> Fields { get; init; } = [];

    /// <summary>What it asks of models, in OpenTelemetry's words; null: it is not measured.</summary>
    public string? Operation { get; init; }

    /// <summary>Its address as it is described: what may be anything is named, and nothing else is said of it.</summary>
    public string Template => Address.Replace("{**", "{");
}
