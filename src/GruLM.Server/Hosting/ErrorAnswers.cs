// Whatever goes wrong with a request becomes an error in the shape that its client knows, and what is not the client's fault is said to it
// without details.

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Answers errors. Safe for several threads.</summary>
/// <param name="next">What may fail.</param>
/// <param name="tell">Is told of failures that are the server's own.</param>
internal sealed class ErrorAnswers(RequestDelegate next, Action<Exception> tell)
{
    // Where Ollama's clients change what models there are.
    private static readonly string[] s_changes = ["/api/pull", "/api/push", "/api/create", "/api/copy", "/api/delete", "/api/blobs"];

    /// <summary>Carries out a request.</summary>
    public async Task Handle(HttpContext http)
    {
        // Connections are served on the threads that hear of them; a request is not, since it may take long.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await next(http).ConfigureAwait(false);
            if (http.Response is { HasStarted: false, StatusCode: 404 or 405 }) await Answer(http, OfStatus(http)).ConfigureAwait(false);
        }
        catch (Exception error) when (http.RequestAborted.IsCancellationRequested || IsEndOfConnection(error))
        {
            // The client has gone, or the server has closed the connection as it stops; nobody reads an answer.
        }
        catch (ApiException error)
        {
            await Answer(http, error).ConfigureAwait(false);
        }
        catch (BadHttpRequestException error)
        {
            string message = error.StatusCode == 413 ? "the request is too large for this server" : "the request cannot be read";
            await Answer(http, new ApiException(error.StatusCode, message)).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            await Answer(http, new ApiException(503, "the server is stopping")).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            tell(error);
            await Answer(http, new ApiException(500, "the server failed at this request")).ConfigureAwait(false);
        }
    }

    // What was being read of a request may end before the request is told that it is aborted.
    private static bool IsEndOfConnection(Exception error) =>
        error is ConnectionResetException or ConnectionAbortedException || error.InnerException is ConnectionAbortedException;

    private static ApiException OfStatus(HttpContext http)
    {
        if (http.Response.StatusCode == 405)
        {
            return new ApiException(405, "this address takes another method; /openapi.json lists them", null, "method_not_allowed");
        }

        string message = s_changes.Any(address => http.Request.Path.StartsWithSegments(address))
            ? "this server has the models that it was started with; none can be pulled, pushed, made, copied or deleted"
            : "there is nothing at this address; /openapi.json lists what there is";
        return new ApiException(404, message, null, "not_found");
    }

    // Where events have been written already, the error is the last of them. Some clients pass over one that is not their interface's own,
    // so that the answer is broken off behind it: what has no proper end is not taken for a whole text.
    private static async Task Answer(HttpContext http, ApiException error)
    {
        if (http.Features.Get<EventStream>() is { HasBegun: true } events)
        {
            await events.Fail(error).ConfigureAwait(false);
            if (events.WriteError is null) throw error;
            return;
        }

        HttpResponse response = http.Response;
        response.Headers.Remove("X-Accel-Buffering");
        if (error.Status is 429 or 503) response.Headers.RetryAfter = "1";
        if (error.Status == 401) response.Headers.WWWAuthenticate = Guard.Challenge(http.Request);
        await JsonAnswer.Write(response, json => ErrorShape.Write(json, error, http.Request), error.Status).ConfigureAwait(false);
    }
}
