// Serves one model to many users at once: WebApi --model folder --urls http://localhost:5000, then
// GET /generate?prompt=ROMEO:&seed=1 gives a text as it is written. A text whose reader goes away ends after the token at work.

using GruLM;
using GruLM.Generation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

AppDomain.CurrentDomain.UnhandledException += (_, error) => End(1, ((Exception)error.ExceptionObject).Message);
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
using var model = LanguageModel.Open(builder.Configuration["model"] ?? "book");
WebApplication app = builder.Build();
app.MapGet("/generate", async (string prompt, int? tokens, ulong? seed, HttpResponse response, CancellationToken cancel) =>
{
    SamplingOptions sampling = model.Defaults.ToSampling() with { Seed = seed ?? 0 };
    var options = new GenerationOptions { MaxTokens = tokens ?? 200, Sampling = sampling };
    response.ContentType = "text/plain; charset=utf-8";
    await foreach (string piece in model.GenerateAsync(prompt, options, cancel)) await response.WriteAsync(piece, cancel);
});
await app.RunAsync();

static void End(int code, string line)
{
    Console.Error.WriteLine(line);
    Environment.Exit(code);
}
