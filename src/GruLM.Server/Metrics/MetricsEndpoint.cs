// GET /metrics: what the server has counted and measured, for Prometheus.

using System.Text;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Shows metrics. Safe for several threads.</summary>
internal sealed class MetricsEndpoint(PrometheusText text)
{
    /// <summary>Answers with all of them.</summary>
    public async Task Handle(HttpContext http)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text.Write());
        http.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        http.Response.ContentLength = bytes.Length;
        await http.Response.BodyWriter.WriteAsync(bytes, http.RequestAborted).ConfigureAwait(false);
    }
}
