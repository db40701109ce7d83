// What is wrong with a request, as its client is told.

namespace GruLM.Server;

/// <summary>An error that goes to the client.</summary>
/// <param name="status">The HTTP status, 4xx or 5xx.</param>
/// <param name="message">What is wrong and what to do, for people.</param>
/// <param name="field">The field of the request that is wrong; null where it is none.</param>
/// <param name="code">A word for programs; null where there is none.</param>
internal sealed class ApiException(int status, string message, string? field = null, string? code = null) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>The field that is wrong.</summary>
    public string? Field { get; } = field;

    /// <summary>A word for programs.</summary>
    public string? Code { get; } = code;

    /// <summary>OpenAI's kind of error.</summary>
    public string Kind => Status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    /// <summary>A field that makes no sense: status 400.</summary>
    public static ApiException Bad(string message, string? field = null, string? code = null) => new(400, message, field, code);
}
