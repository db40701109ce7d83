// What goes wrong midway: each interface tells it in its own way, clients notice, and nobody is told details.

#pragma warning disable OPENAI001 // The client calls its own interface for responses experimental.

using System.ClientModel;
using System.Text;
using System.Text.Json;
using OllamaSharp;
using OllamaSharp.Models;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace GruLM.Tests;

public sealed class FailuresTests : IAsyncLifetime
{
    private const string Long = "\"max_tokens\":100000,\"ignore_eos\":true";
    private const string Message = "the server failed at this request";

    private readonly FailingDevice.Fuse _fuse = FailingDevice.Register();
    private TestServer _server = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await TestServer.Start(device: _fuse.Name);

    public async ValueTask DisposeAsync()
    {
        // Each text that failed is told of once.
        Assert.All(_server.Failures, failure => Assert.Contains("the secret", failure.Message));
        Assert.NotEmpty(_server.Failures);
        _server.Failures.Clear();
        Assert.Equal(0, _server.Requests);
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("/v1/completions", $$"""{"prompt":"I am",{{Long}}}""")]
    [InlineData("/v1/completions", $$"""{"prompt":["I am","How"],"n":3,{{Long}}}""")]
    [InlineData("/v1/chat/completions", $$"""{"messages":[{"role":"user","content":"Hi"}],{{Long}}}""")]
    [InlineData("/v1/responses", """{"input":"Hi","max_output_tokens":100000,"ignore_eos":true}""")]
    public async Task A_whole_answer_is_an_error(string address, string request)
    {
        _fuse.BlowAfter(20);
        (int status, JsonElement answer) = await _server.Post(address, request);
        Assert.Equal(500, status);
        Assert.Equal(
            $$"""{"message":"{{Message}}","type":"server_error","param":null,"code":null}""", answer.GetProperty("error").GetRawText());
    }

    [Theory]
    [InlineData("/v1/completions", $$"""{"prompt":"I am","stream":true,{{Long}}}""")]
    [InlineData("/v1/completions", $$"""{"prompt":"I am","stream":true,"n":3,{{Long}}}""")]
    [InlineData("/v1/chat/completions", $$"""{"messages":[{"role":"user","content":"Hi"}],"stream":true,{{Long}}}""")]
    public async Task The_last_event_is_the_error_and_the_answer_has_no_proper_end(string address, string request)
    {
        _fuse.BlowAfter(20);
        (string text, bool isWhole) = await Read(address, request);
        Assert.False(isWhole);
        string[] events = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.True(events.Length > 2);
        Assert.All(events, each => Assert.StartsWith("data: ", each));
        Assert.All(events.SkipLast(1), each => Assert.False(JsonElement.Parse(each["data: ".Length..]).TryGetProperty("error", out _)));
        Assert.Equal($$$"""data: {"error":{"message":"{{{Message}}}","type":"server_error","param":null,"code":null}}""", events[^1]);
    }

    [Theory]
    [InlineData("/api/generate", """{"prompt":"I am","options":{"num_predict":100000,"ignore_eos":true}}""")]
    [InlineData("/api/chat", """{"messages":[{"role":"user","content":"Hi"}],"options":{"num_predict":100000,"ignore_eos":true}}""")]
    public async Task The_last_line_is_the_error_and_the_answer_has_no_proper_end(string address, string request)
    {
        _fuse.BlowAfter(20);
        (string text, bool isWhole) = await Read(address, request);
        Assert.False(isWhole);
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 1);
        Assert.Equal($$"""{"error":"{{Message}}"}""", lines[^1]);
    }

    [Fact]
    public async Task What_fails_before_the_first_token_is_told_too()
    {
        _fuse.BlowAfter(0);
        (string text, bool isWhole) = await Read("/v1/completions", $$"""{"prompt":"I am","stream":true,{{Long}}}""");
        Assert.False(isWhole);
        Assert.Contains(Message, text);

        // Nothing was written yet, so that the status can tell it.
        (int status, JsonElement answer) = await _server.Post("/api/generate", """{"prompt":"I am"}""");
        Assert.Equal(500, status);
        Assert.Equal(Message, answer.GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_response_fails()
    {
        _fuse.BlowAfter(20);
        List<string> events = await _server.Stream(
            "/v1/responses",
            """
            {"input":"Hi","stream":true,"max_output_tokens":100000,"ignore_eos":true,"metadata":{"a":"b"},
            "text":{"format":{"type":"text"}}}
            """);
        JsonElement first = JsonElement.Parse(events[0]), last = JsonElement.Parse(events[^1]), response = last.GetProperty("response");
        Assert.Equal("response.failed", last.GetProperty("type").GetString());
        Assert.Equal(events.Count - 1, last.GetProperty("sequence_number").GetInt32());
        Assert.Equal("failed", response.GetProperty("status").GetString());
        Assert.Equal($$"""{"code":"server_error","message":"{{Message}}"}""", response.GetProperty("error").GetRawText());
        Assert.Equal("b", response.GetProperty("metadata").GetProperty("a").GetString());
        string id = response.GetProperty("id").GetString()!;
        Assert.Equal(first.GetProperty("response").GetProperty("id").GetString(), id);
        _fuse.BlowAfter(int.MaxValue);
        (int status, _) = await _server.Post("/v1/responses", $$"""{"input":"Hi","previous_response_id":"{{id}}"}""");
        Assert.Equal(404, status);
    }

    [Fact]
    public async Task OpenAIs_client_notices()
    {
        var address = new Uri(_server.Address, "/v1");
        var key = new ApiKeyCredential("none");
        _fuse.BlowAfter(20);
        var responses = new ResponsesClient(key, new ResponsesClientOptions { Endpoint = address });
        var options = new CreateResponseOptions("tiny", [ResponseItem.CreateUserMessageItem("Hi")]) { StreamingEnabled = true };
        ResponseResult? failed = null;

        // A text may end by itself before the step that fails; then the next one fails.
        while (failed is null)
        {
            await foreach (StreamingResponseUpdate update in await responses.CreateResponseStreamingAsync(options, Cancel))
            {
                if (update is StreamingResponseFailedUpdate end) failed = end.Response;
            }
        }

        Assert.Equal(ResponseStatus.Failed, failed?.Status);
        Assert.Equal(Message, failed?.Error.Message);

        _fuse.BlowAfter(20);
        ChatClient chat = new OpenAIClient(key, new OpenAIClientOptions { Endpoint = address }).GetChatClient("tiny");
        var most = new ChatCompletionOptions { MaxOutputTokenCount = 100_000 };
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (true) await chat.CompleteChatStreamingAsync([ChatMessage.CreateUserMessage("Hi")], most, Cancel).CountAsync(Cancel);
        });
    }

    [Fact]
    public async Task Ollamas_client_notices()
    {
        _fuse.BlowAfter(20);
        using var client = new OllamaApiClient(_server.Address, "tiny");
        var request = new GenerateRequest { Prompt = "I am", Options = new RequestOptions { NumPredict = 100_000 } };
        Exception? told = await Record.ExceptionAsync(async () =>
        {
            while (true) await client.GenerateAsync(request, Cancel).CountAsync(Cancel);
        });
        Assert.True(told is IOException or HttpRequestException, $"{told}");
    }

    // All that came, and whether it ended as it should.
    private async Task<(string Text, bool IsWhole)> Read(string address, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
        };
        using HttpResponseMessage response = await _server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        Assert.Equal(200, (int)response.StatusCode);
        using Stream body = await response.Content.ReadAsStreamAsync(Cancel);
        var text = new MemoryStream();
        try
        {
            await body.CopyToAsync(text, Cancel);
            return (Encoding.UTF8.GetString(text.ToArray()), true);
        }
        catch (HttpIOException error) when (error.HttpRequestError == HttpRequestError.ResponseEnded)
        {
            return (Encoding.UTF8.GetString(text.ToArray()), false);
        }
    }
}
