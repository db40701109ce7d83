// Thousands of requests that make no sense: each is a 4xx in its interface's shape, or one that can be answered after all, and none of them
// brings the server down, shows a stack trace or names a file.

using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using GruLM.Server;

namespace GruLM.Tests;

public sealed class BadRequestsTests : IAsyncLifetime
{
    private const int Requests = 5000;
    private const int AtOnce = 16;

    private static readonly (string Address, Field[] Fields)[] s_endpoints =
    [
        ("/v1/completions", CompletionsEndpoint.Fields), ("/v1/chat/completions", ChatEndpoint.Fields),
        ("/v1/embeddings", EmbeddingsEndpoint.Fields), ("/v1/responses", ResponsesEndpoint.Fields),
        ("/api/generate", OllamaGenerate.Fields), ("/api/chat", OllamaChat.Fields), ("/api/show", OllamaModels.Fields),
        ("/api/embed", OllamaEmbed.Fields), ("/api/embeddings", OllamaEmbed.OldFields),
        ("/tokenize", TokensEndpoint.TextFields), ("/detokenize", TokensEndpoint.IdFields),
    ];

    private static readonly string[] s_values =
    [
        "null", "true", "\"\"", "\"text\"", "-1", "0", "1.5", "1e999", "-1e999", "99999999999999999999", "9223372036854775807", "[]", "{}",
        "[null]", "[\"a\"]", "[\"\"]", "[1,2,3]", "[999999]", "[-5]", "[[1],[2]]", "[[]]", "{\"1\":5}", "{\"x\":5}", "{\"-1\":1}",
        "{\"999999\":1}", "{\"type\":\"json_schema\"}", "{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"type\":\"strange\"}}}",
        "{\"type\":5}", "[{\"role\":\"user\",\"content\":\"x\"}]", "[{\"role\":\"nobody\",\"content\":\"x\"}]", "[{\"role\":\"user\"}]",
        "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]", "[{\"role\":\"assistant\",\"content\":\"x\"}]", "\"\\ud800\"",
        "\"../../etc/passwd\"", "\"AQAA\"", "\"((((\"", "\"root ::= root\"", "1e-320", "0.1", "7", "[[[[[[1]]]]]]", "\"\\u0000\"",
    ];

    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.Start(new() { MaxTokens = 5000, MaxRequestBytes = 100_000 });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Each_is_refused_in_one_shape_and_the_server_goes_on()
    {
        var random = new Random(3);
        int refused = 0;
        byte[][] all = [.. Enumerable.Range(0, Requests).Select(i => Damaged(Request(random, i), random, i))];
        foreach ((int Index, byte[] Item)[] some in all.Index().Chunk(AtOnce))
        {
            await Task.WhenAll(some.Select(async request =>
            {
                if (!await Send(s_endpoints[request.Index % s_endpoints.Length].Address, request.Item)) Interlocked.Increment(ref refused);
            }));
        }

        Assert.InRange(refused, Requests / 2, Requests);
        Assert.Equal(0, _server.Requests);
        await _server.Ask("/v1/completions", """{"prompt":"I am","max_tokens":3}""");
    }

    [Fact]
    public async Task A_request_that_is_too_large_is_refused() =>
        Assert.Equal(413, (await _server.Post("/v1/completions", $$"""{"prompt":"{{new string('a', 200_000)}}"}""")).Status);

    [Fact]
    public async Task Depth_is_refused()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 40_000));
        Assert.Equal(400, (await _server.Post("/v1/completions", $$"""{"prompt":{{deep}}""")).Status);
    }

    // Whether it was answered well.
    private async Task<bool> Send(string address, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpResponseMessage response = await _server.Client.PostAsync(address, content, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        int status = (int)response.StatusCode;
        if (status == 200) return true;
        Assert.True(status is >= 400 and < 500, $"{status}: {text} for {Encoding.UTF8.GetString(body)}");
        JsonElement error = JsonElement.Parse(text).GetProperty("error");
        bool isPlain = address.StartsWith("/api/", StringComparison.Ordinal);
        if (!isPlain) Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(property => property.Name));
        string message = (isPlain ? error : error.GetProperty("message")).GetString()!;
        Assert.True(message.Length is > 0 and < 1500, message);
        Assert.DoesNotContain("   at ", text);
        Assert.DoesNotContain(Path.GetTempPath(), text);
        Assert.DoesNotContain("Exception", text);
        return false;
    }

    // Some fields of the endpoint, each with some value, most of them wrong ones.
    private static string Request(Random random, int number)
    {
        Field[] fields = s_endpoints[number % s_endpoints.Length].Fields;
        var chosen = new List<string> { "\"max_tokens\":5" };
        if (fields.All(field => field.Name != "max_tokens")) chosen.Clear();
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            string name = fields[random.Next(fields.Length)].Name;
            if (name is "max_tokens" or "max_completion_tokens") continue;
            chosen.Add(string.Create(CultureInfo.InvariantCulture, $"\"{name}\":{s_values[random.Next(s_values.Length)]}"));
        }

        if (number % 50 == 0) chosen.Add("\"max_tokens\":-3");
        if (number % 51 == 0) chosen.Add("\"max_tokens\":100000000000");
        return $"{{{string.Join(',', chosen)}}}";
    }

    // Some are no JSON any more, or no UTF-8.
    private static byte[] Damaged(string json, Random random, int number)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        if (number % 7 == 0) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        if (number % 11 == 0) bytes = bytes[..random.Next(bytes.Length)];
        if (number % 13 == 0) bytes = [.. bytes, 0xff, 0xfe];
        return bytes;
    }
}
