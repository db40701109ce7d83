// A route whose requests are measured: each has its figures while it is answered, and they are recorded at its end.

using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Measures requests. Safe for several threads.</summary>
internal sealed class Measured(RequestDelegate next, ServerMeters meters, string operation)
{
    private const int ClientClosed = 499;

    /// <summary>Carries out a request.</summary>
    public async Task Handle(HttpContext http)
    {
        var use = new RequestUse(meters, operation);
        http.Features.Set(use);
        int? error = null;
        try
        {
            await next(http).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            error = http.RequestAborted.IsCancellationRequested ? ClientClosed : StatusOf(failure);
            throw;
        }
        finally
        {
            meters.Record(use, error);
        }
    }

    private static int StatusOf(Exception failure) => failure switch
    {
        ApiException known => known.Status,
        BadHttpRequestException unreadable => unreadable.StatusCode,
        ObjectDisposedException => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };
}
