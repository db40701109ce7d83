// GET /: for browsers the lab page of a model, the same that `export --to html` writes: the model itself, in the browser. /?model=NAME is
// that of another. Whoever asks for no page gets the sentence by which Ollama's clients know that a server is there.

using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Gives the page. Safe for several threads.</summary>
internal sealed class PageEndpoint(ServerParts parts)
{
    // The page forbids itself all but what stands in it; framing is what a page cannot forbid by itself.
    private const string Policy = "frame-ancestors 'none'";
    private const string Html = "text/html";
    private const string Sentence = "Ollama is running";

    /// <summary>Whether a request is for a page, as a browser's is.</summary>
    public static bool IsAsked(HttpRequest request) =>
        request.Path == "/" && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && (NameIn(request) is not null || request.Headers.Accept.ToString().Contains(Html, StringComparison.OrdinalIgnoreCase));

    /// <summary>Answers with the page.</summary>
    public async Task Handle(HttpContext http)
    {
        string? name = NameIn(http.Request);
        http.Response.Headers.Append("Vary", "Accept");
        if (!IsAsked(http.Request))
        {
            http.Response.ContentType = "text/plain; charset=utf-8";
            http.Response.ContentLength = Sentence.Length;
            await http.Response.WriteAsync(Sentence, http.RequestAborted).ConfigureAwait(false);
            return;
        }

        ServedModel model = name is null ? parts.Shelf.Models[0] : parts.Shelf.Find(name);
        if (model.Model.Folder.Length == 0) throw new ApiException(404, $"model '{model.Name}' has no page: no folder holds its files");
        using var page = new MemoryStream();
        try
        {
            await Task.Run(() => HtmlExport.Write(model.Model.Folder, page, http.RequestAborted)).ConfigureAwait(false);
        }
        catch (InvalidDataException)
        {
            throw new ApiException(404, $"model '{model.Name}' has no page: its tokenizer does what pages do not");
        }

        http.Response.ContentType = $"{Html}; charset=utf-8";
        http.Response.ContentLength = page.Length;
        http.Response.Headers.ContentSecurityPolicy = Policy;
        page.Position = 0;
        await page.CopyToAsync(http.Response.Body, http.RequestAborted).ConfigureAwait(false);
    }

    private static string? NameIn(HttpRequest request) => request.Query["model"].FirstOrDefault();
}
