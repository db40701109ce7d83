// A server of a tiny model, and a client that asks it.

using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using GruLM.Model;
using GruLM.Server;

namespace GruLM.Tests;

/// <summary>A server that listens at a free port until it is disposed.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly TinyModel _folder;
    private readonly ModelServer _server;

    private TestServer(ServerOptions options, SampleKind samples, string device)
    {
        _folder = new TinyModel(samples);
        Model = LanguageModel.Open(_folder.Folder, threads: 2, device);
        _server = new ModelServer([new("tiny", Model)], options with { Port = 0 }, Failures.Add);
    }

    public LanguageModel Model { get; }

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromMinutes(2) };

    public Uri Address => _server.Address;

    /// <summary>Failures that were the server's own.</summary>
    public List<Exception> Failures { get; } = [];

    /// <summary>Requests at work or waiting.</summary>
    public int Requests => _server.Requests;

    public static async Task<TestServer> Start(
        ServerOptions? options = null, SampleKind samples = SampleKind.Lines, string device = Devices.Cpu)
    {
        var server = new TestServer(options ?? new ServerOptions(), samples, device);
        await server._server.StartAsync(TestContext.Current.CancellationToken);
        server.Client.BaseAddress = server.Address;
        return server;
    }

    /// <summary>Sends JSON and gives the answer, which is JSON as well.</summary>
    public async Task<(int Status, JsonElement Answer)> Post(string address, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await Client.PostAsync(address, content, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken));
    }

    /// <summary>Sends JSON and gives the answer, which is to be a good one.</summary>
    public async Task<JsonElement> Ask(string address, string json)
    {
        (int status, JsonElement answer) = await Post(address, json);
        Assert.True(status == 200, answer.GetRawText());
        return answer;
    }

    /// <summary>Sends JSON and gives the data of the events that come back.</summary>
    public async Task<List<string>> Stream(string address, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await Client.PostAsync(address, content, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(block => block[(block.IndexOf("data: ") + 6)..])];
    }

    public Task Stop() => _server.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        Model.Dispose();
        _folder.Dispose();
        Assert.Empty(Failures);
    }
}
