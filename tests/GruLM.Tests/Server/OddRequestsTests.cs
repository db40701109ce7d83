// Requests that few clients make, byte by byte: older HTTP, bodies in pieces, compressed or empty, several at once, and those that come
// slowly.

using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace GruLM.Tests;

public sealed class OddRequestsTests : IAsyncLifetime
{
    private const string Json = """{"prompt":"I am","max_tokens":2,"seed":1}""";
    private const string Post = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n";
    private const string Get = "GET / HTTP/1.1\r\nHost: localhost\r\n";
    private const string Last = "Connection: close\r\n";
    private const string Pieces = "1\r\n{\r\n28\r\n\"prompt\":\"I am\",\"max_tokens\":2,\"seed\":1}\r\n0\r\n\r\n";

    private TestServer _server = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await TestServer.Start();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("POST /v1/completions HTTP/1.0\r\nContent-Length: 41\r\n\r\n" + Json)]
    [InlineData(Post + Last + "Content-Length: 41\r\n\r\n" + Json)]
    [InlineData(Post + Last + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 41\r\n\r\n" + Json)]
    [InlineData(Post + Last + "Content-Encoding: identity\r\nContent-Length: 41\r\n\r\n" + Json)]
    [InlineData(Post + Last + "Content-Length: 44\r\n\r\n\uFEFF" + Json)]
    [InlineData(Post + Last + "Expect: 100-continue\r\nContent-Length: 41\r\n\r\n" + Json)]
    [InlineData(Post + Last + "Transfer-Encoding: chunked\r\n\r\n" + Pieces)]
    public async Task Each_is_answered(string request)
    {
        JsonElement expected = await _server.Ask("/v1/completions", Json);
        string answer = await Send(request);
        Assert.StartsWith("HTTP/1.1 200 ", answer);
        var given = JsonElement.Parse(answer[answer.IndexOf('{')..]);
        Assert.Equal(expected.GetProperty("choices").GetRawText(), given.GetProperty("choices").GetRawText());
    }

    [Fact]
    public async Task Events_end_with_the_connection_where_there_are_no_chunks()
    {
        const string request = """{"prompt":"I am","stream":true}""";
        string answer = await Send($"POST /v1/completions HTTP/1.0\r\nContent-Length: {request.Length}\r\n\r\n{request}");
        Assert.DoesNotContain("Transfer-Encoding", answer);
        Assert.EndsWith("data: [DONE]\n\n", answer);
    }

    [Fact]
    public async Task Several_at_once_are_answered_in_order()
    {
        string both = string.Concat(Enumerable.Range(1, 3).Select(
            i => $"{Post}{(i == 3 ? Last : "")}Content-Length: 42\r\n\r\n{{\"prompt\":\"I am\",\"seed\":7,\"max_tokens\": {i}}}"));
        string answer = await Send(both);
        int[] places = [.. Enumerable.Range(1, 3).Select(i => answer.IndexOf($"\"completion_tokens\":{i}", StringComparison.Ordinal))];
        Assert.All(places, place => Assert.True(place > 0));
        Assert.Equal(places.Order(), places);
    }

    [Theory]
    [InlineData("Content-Length: 0\r\n\r\n", 400, "the request is empty; a JSON object was expected")]
    [InlineData("\r\n", 400, "the request is empty; a JSON object was expected")]
    [InlineData("Content-Length: 99999999999\r\n\r\n", 413, "the request is too large for this server")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "the request cannot be read")]
    [InlineData("Content-Encoding: br\r\nContent-Length: 1\r\n\r\na", 415, "the request is encoded as 'br'; send it as plain JSON")]
    public async Task What_cannot_be_is_said(string rest, int status, string message)
    {
        string answer = await Send(Post + Last + rest);
        Assert.StartsWith($"HTTP/1.1 {status} ", answer);
        var given = JsonElement.Parse(answer[answer.IndexOf('{')..]);
        Assert.Equal(message, given.GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task Compressed_requests_are_refused_by_that_name()
    {
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(Encoding.UTF8.GetBytes(Json));
        byte[] head = Encoding.UTF8.GetBytes($"{Post}{Last}Content-Encoding: gzip\r\nContent-Length: {packed.Length}\r\n\r\n");
        string answer = await Send([.. head, .. packed.ToArray()]);
        Assert.StartsWith("HTTP/1.1 415 ", answer);
        Assert.Contains("'gzip'", answer);
    }

    [Theory]
    [InlineData("GET /health HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n" + Last + "\r\n", 404)]
    [InlineData("GET /v1/models/..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: localhost\r\n" + Last + "\r\n", 404)]
    [InlineData("GET http://evil.example/health HTTP/1.1\r\nHost: evil.example\r\n" + Last + "\r\n", 403)]
    [InlineData(Get + "Upgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n", 200)]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\r\n\r\n", 400)]
    public async Task Strange_heads_are_answered(string request, int status) =>
        Assert.StartsWith($"HTTP/1.1 {status} ", await Send(request));

    [Fact]
    public async Task Heads_that_are_too_long_are_refused()
    {
        string answer = await Send($"{Get}X: {new string('a', 40_000)}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 431 ", answer);
    }

    [Fact]
    public async Task Those_that_never_come_to_an_end_hold_nobody_up()
    {
        var slow = new List<TcpClient>();
        for (int i = 0; i < 100; i++)
        {
            var each = new TcpClient();
            await each.ConnectAsync(_server.Address.Host, _server.Address.Port, Cancel);
            string beginning = i % 2 == 0 ? "POST /v1/comp" : $"{Post}Content-Length: {Json.Length}\r\n\r\n{{";
            await each.GetStream().WriteAsync(Encoding.UTF8.GetBytes(beginning), Cancel);
            slow.Add(each);
        }

        await _server.Ask("/v1/completions", Json);

        // The one that was answered is done with soon after its answer has come.
        for (int i = 0; i < 100 && _server.Requests > 0; i++) await Task.Delay(50, Cancel);
        Assert.Equal(0, _server.Requests);
        foreach (TcpClient each in slow) each.Dispose();
    }

    private Task<string> Send(string request) => Send(Encoding.UTF8.GetBytes(request));

    // All that comes until the server closes.
    private async Task<string> Send(byte[] request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_server.Address.Host, _server.Address.Port, Cancel);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(request, Cancel);
        var answer = new MemoryStream();
        await stream.CopyToAsync(answer, Cancel);
        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
