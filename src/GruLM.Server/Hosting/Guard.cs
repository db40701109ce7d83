// Who may ask: those who bear a key, where keys are needed, and pages of origins that were allowed. A browser that opens the page asks its
// user for the key as a password; it would send that with requests that other pages make too, so it opens nothing but the page. Every
// answer tells browsers to trust it with as little as can be.

using System.Security.Cryptography;
using System.Text;
using GruLM.Formats;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Lets requests pass. Safe for several threads.</summary>
internal sealed class Guard
{
    private const string Bearer = "Bearer ", Basic = "Basic ";

    private readonly RequestDelegate _next;
    private readonly byte[][] _keys;
    private readonly HashSet<string> _origins;
    private readonly bool _isLocal;

    /// <summary>Guards what comes behind it.</summary>
    public Guard(RequestDelegate next, ServerOptions options)
    {
        _next = next;
        _keys = [.. options.ApiKeys.Select(HashOf)];
        _origins = [.. options.AllowedOrigins];
        _isLocal = System.Net.IPAddress.IsLoopback(options.Address) && options.ApiKeys.Count == 0;
    }

    /// <summary>Carries out a request that may be.</summary>
    public async Task Handle(HttpContext http)
    {
        SetHeaders(http.Response.Headers);
        CheckHost(http.Request);
        string origin = http.Request.Headers.Origin.ToString();
        if (_origins.Contains(origin)) Allow(http.Response.Headers, origin);
        if (HttpMethods.IsOptions(http.Request.Method) && _origins.Contains(origin))
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        if (!IsOpen(http.Request)) CheckKey(http.Request);
        await _next(http).ConfigureAwait(false);
    }

    /// <summary>How a request that had no key may come with one.</summary>
    public static string Challenge(HttpRequest request) =>
        PageEndpoint.IsAsked(request) ? "Basic realm=\"GruLM: an API key as the password\", charset=\"UTF-8\"" : "Bearer";

    private static void SetHeaders(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
    }

    private static void Allow(IHeaderDictionary headers, string origin)
    {
        headers.AccessControlAllowOrigin = origin;
        headers.Vary = "Origin";
        headers.AccessControlAllowHeaders = "Authorization, Content-Type";
        headers.AccessControlAllowMethods = "GET, POST";
        headers["Cross-Origin-Resource-Policy"] = "cross-origin";
    }

    // A page elsewhere may make its own name point at this machine, and then asks as if it were the server's own.
    private void CheckHost(HttpRequest request)
    {
        if (!_isLocal) return;
        string host = request.Host.Host;
        bool isLocal = host is "localhost" or "" || (System.Net.IPAddress.TryParse(host.Trim('[', ']'), out System.Net.IPAddress? address)
            && System.Net.IPAddress.IsLoopback(address));
        if (!isLocal) throw new ApiException(403, "this server answers requests for this machine's own address only", null, "wrong_host");
    }

    // Whoever watches over servers has no key.
    private static bool IsOpen(HttpRequest request) => request.Path == "/health";

    private void CheckKey(HttpRequest request)
    {
        if (_keys.Length == 0) return;
        string given = request.Headers.Authorization.ToString();
        byte[] key = HashOf(KeyOf(given, isPage: PageEndpoint.IsAsked(request)));
        bool isKnown = false;

        // All of them each time, so that the time it takes tells nothing.
        foreach (byte[] known in _keys) isKnown |= CryptographicOperations.FixedTimeEquals(key, known);
        if (isKnown) return;
        string message = given.Length == 0 ? "an API key is needed: Authorization: Bearer KEY" : "the API key is not known here";
        throw new ApiException(401, message, null, "invalid_api_key");
    }

    private static string KeyOf(string given, bool isPage)
    {
        if (given.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)) return given[Bearer.Length..].Trim();
        if (!isPage || !given.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)) return "";
        byte[] pair = new byte[given.Length];
        if (!Convert.TryFromBase64String(given[Basic.Length..].Trim(), pair, out int length)) return "";

        // A name, which may be any, and the password.
        string[] parts = Encoding.UTF8.GetString(pair, 0, length).Split(':', 2);
        return parts.Length == 2 ? parts[1] : "";
    }

    private static byte[] HashOf(string key) => Sha256.HashData(Encoding.UTF8.GetBytes(key));
}
