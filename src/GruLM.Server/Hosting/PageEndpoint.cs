// GET /: the lab page of a model, the same that `export --to html` writes: the model itself, in the browser. /?model=NAME is that of
// another.

using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Gives the page. Safe for several threads.</summary>
internal sealed class PageEndpoint(ServerParts parts)
{
    // The page forbids itself all but what stands in it; framing is what a page cannot forbid by itself.
    private const string Policy = "frame-ancestors 'none'";

    /// <summary>Answers with the page.</summary>
    public async Task Handle(HttpContext http)
    {
        string? name = http.Request.Query["model"].FirstOrDefault();
        ServedModel model = name is null ? parts.Shelf.Models[0] : parts.Shelf.Find(name);
        using var page = new MemoryStream();
        try
        {
            await Task.Run(() => HtmlExport.Write(model.Model.Folder, page, http.RequestAborted)).ConfigureAwait(false);
        }
        catch (InvalidDataException)
        {
            throw new ApiException(404, $"model '{model.Name}' has no page: its tokenizer does what pages do not");
        }

        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.Headers.ContentSecurityPolicy = Policy;
        page.Position = 0;
        await page.CopyToAsync(http.Response.Body, http.RequestAborted).ConfigureAwait(false);
    }
}
