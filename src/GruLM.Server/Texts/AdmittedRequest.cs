// A request that was read and let in: every endpoint that asks a model of something begins with one.

using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>A request at work. Disposing it gives its place to another.</summary>
/// <param name="Body">What it says.</param>
/// <param name="Use">Its figures.</param>
/// <param name="Place">Its place among those at work.</param>
/// <param name="Cancel">Cancelled when its client has gone.</param>
internal sealed record AdmittedRequest(RequestBody Body, RequestUse Use, IDisposable Place, CancellationToken Cancel) : IDisposable
{
    /// <summary>Reads a request, and waits until it may be at work.</summary>
    /// <exception cref="ApiException">It is no JSON object of these fields, or too many wait already.</exception>
    public static async Task<AdmittedRequest> Enter(HttpContext http, IReadOnlyList<Field> fields, ServerParts parts)
    {
        CancellationToken cancel = http.RequestAborted;
        RequestBody body = await RequestBody.Read(http.Request, fields, cancel).ConfigureAwait(false);
        try
        {
            IDisposable place = await parts.Admission.Enter(cancel).ConfigureAwait(false);
            return new AdmittedRequest(body, RequestUse.Of(http), place, cancel);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Place.Dispose();
        Body.Dispose();
    }

    /// <summary>What endpoints use of it.</summary>
    public void Deconstruct(out RequestBody body, out RequestUse use, out CancellationToken cancel) =>
        (body, use, cancel) = (Body, Use, Cancel);
}
