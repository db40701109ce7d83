// Who may ask, and what answers tell browsers.

using System.Net;
using System.Net.Http.Headers;
using System.Text;
using GruLM.Server;

namespace GruLM.Tests;

public sealed class GuardTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Others_are_let_in_with_keys_alone()
    {
        var open = new ServerOptions { Address = IPAddress.Any };
        Assert.Contains("ApiKeys", Assert.Throws<ArgumentException>(open.Validate).Message);
        (open with { ApiKeys = ["one"] }).Validate();
    }

    [Theory]
    [InlineData("example.org")]
    [InlineData("*")]
    [InlineData("https://example.org/")]
    [InlineData("https://example.org:443")]
    [InlineData("https://Example.org")]
    public void What_no_browser_names_is_no_origin(string origin)
    {
        var options = new ServerOptions { AllowedOrigins = ["https://example.org", "http://localhost:3000", origin] };
        Assert.Contains($"'{origin}', which is no origin", Assert.Throws<ArgumentException>(options.Validate).Message);
    }

    [Fact]
    public async Task A_key_is_needed_where_there_are_keys()
    {
        await using TestServer server = await TestServer.Start(new() { ApiKeys = ["one", "two"] });
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Client.GetAsync("/v1/models", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health", Cancel)).StatusCode);
        foreach ((string key, HttpStatusCode expected) in new[]
        {
            ("one", HttpStatusCode.OK), ("two", HttpStatusCode.OK),
            ("three", HttpStatusCode.Unauthorized), ("on", HttpStatusCode.Unauthorized),
            ("one two", HttpStatusCode.Unauthorized),
        })
        {
            server.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            Assert.Equal(expected, (await server.Client.GetAsync("/v1/models", Cancel)).StatusCode);
        }
    }

    [Fact]
    public async Task A_browser_asks_for_the_key_as_a_password_which_opens_the_page_alone()
    {
        await using TestServer server = await TestServer.Start(new() { ApiKeys = ["one", "two:three"] });
        foreach ((string address, string? pair, HttpStatusCode expected) in new (string, string?, HttpStatusCode)[]
        {
            ("/", null, HttpStatusCode.Unauthorized), ("/", "anyone:one", HttpStatusCode.OK), ("/", ":one", HttpStatusCode.OK),
            ("/", "anyone:two:three", HttpStatusCode.OK), ("/", "anyone:three", HttpStatusCode.Unauthorized),
            ("/", "one", HttpStatusCode.Unauthorized), ("/", "", HttpStatusCode.Unauthorized),
            ("/v1/models", "anyone:one", HttpStatusCode.Unauthorized), ("/metrics", "anyone:one", HttpStatusCode.Unauthorized),
        })
        {
            string? basic = pair is null ? null : Convert.ToBase64String(Encoding.UTF8.GetBytes(pair));
            HttpResponseMessage response = await Open(server, address, basic);
            Assert.True(response.StatusCode == expected, $"{address} {pair}: {response.StatusCode}");
            if (expected != HttpStatusCode.Unauthorized) continue;
            Assert.Equal(address == "/" ? "Basic" : "Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await Open(server, "/", "no base64")).StatusCode);
    }

    [Fact]
    public async Task Pages_of_other_origins_get_nothing_unless_they_are_allowed()
    {
        await using TestServer server = await TestServer.Start(new() { AllowedOrigins = ["https://example.org"] });
        Assert.False((await Ask(server, "https://example.com")).Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Equal(["https://example.org"], (await Ask(server, "https://example.org")).Headers.GetValues("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task A_name_that_points_here_from_elsewhere_is_refused()
    {
        await using TestServer server = await TestServer.Start();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Host = "evil.example.com";
        Assert.Equal(HttpStatusCode.Forbidden, (await server.Client.SendAsync(request, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Answers_are_trusted_with_little()
    {
        await using TestServer server = await TestServer.Start();
        HttpResponseMessage response = await server.Client.GetAsync("/v1/models", Cancel);
        Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
        Assert.Contains("default-src 'none'", string.Concat(response.Headers.GetValues("Content-Security-Policy")));
        Assert.False(response.Headers.Contains("Server"));
    }

    [Fact]
    public async Task The_page_holds_the_model_and_no_other_page_may_frame_it()
    {
        await using TestServer server = await TestServer.Start();
        server.Client.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        HttpResponseMessage response = await server.Client.GetAsync("/", Cancel);
        string page = await response.Content.ReadAsStringAsync(Cancel);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("<!doctype html>", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("http-equiv=\"Content-Security-Policy\"", page);
        Assert.Equal("frame-ancestors 'none'", string.Concat(response.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync("/?model=other", Cancel)).StatusCode);
    }

    private static async Task<HttpResponseMessage> Open(TestServer server, string address, string? basic)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.ParseAdd("text/html");
        if (basic is not null) request.Headers.TryAddWithoutValidation("Authorization", $"Basic {basic}");
        return await server.Client.SendAsync(request, Cancel);
    }

    private static Task<HttpResponseMessage> Ask(TestServer server, string origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("Origin", origin);
        return server.Client.SendAsync(request, Cancel);
    }
}
