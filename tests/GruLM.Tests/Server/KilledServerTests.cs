// grulm serve as a process that is killed while it writes to many: whoever reads is told by a broken stream, and a server that is started
// again with the same key goes on from the states that the first one gave out.

#pragma warning disable OPENAI001 // The client calls its own interface for responses experimental.

using System.ClientModel;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using GruLM.Model;
using GruLM.Tests.Cli;
using OllamaSharp;
using OllamaSharp.Models;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace GruLM.Tests;

public sealed class KilledServerTests : IDisposable
{
    private const int Streams = 8;

    // Far more than the moment takes; what hangs is found all the same.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TinyModel _model = new(SampleKind.Lines);
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-killed-").FullName;
    private readonly HttpClient _http = new();
    private int _begun;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        _model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Streams_break_and_states_live_on()
    {
        Uri address;
        Talk begun;
        string expected;
        Task<Exception?>[] readers;
        using (GrulmProcess first = Serve("one.key", 0))
        {
            address = await first.Address(Cancel);
            begun = await Begin(address);
            expected = begun.Next;
            readers = Readers(address);
            while (Volatile.Read(ref _begun) < readers.Length) await Task.Delay(10, Cancel);
            first.Kill();
        }

        Exception?[] told = await Task.WhenAll(readers).WaitAsync(s_patience, Cancel);
        Assert.All(told, failure => Assert.True(failure is IOException or HttpRequestException or ClientResultException, $"{failure}"));
        await Assert.ThrowsAnyAsync<Exception>(() => Client(address).GetChatClient("tiny").CompleteChatAsync("Hi"));

        // At the same port, as a service is started again.
        using (GrulmProcess second = Serve("one.key", address.Port))
        {
            Assert.Equal(address, await second.Address(Cancel));
            JsonElement reply = await Ask(address, "/v1/responses", Reply(begun.ReplyState));
            Assert.Equal(expected, TextOf(reply));
            JsonElement text = await Ask(address, "/v1/completions", Text(begun.TextState));
            Assert.Equal(begun.Rest, text.GetProperty("choices")[0].GetProperty("text").GetString());
            (int status, JsonElement error) = await Post(
                address, "/v1/responses", $$"""{"input":"And?","previous_response_id":"{{begun.Id}}"}""");
            Assert.Equal(404, status);
            Assert.Equal("previous_response_not_found", error.GetProperty("code").GetString());
        }

        using GrulmProcess other = Serve("another.key", address.Port);
        await other.Address(Cancel);
        foreach ((string path, string request) in new[]
        {
            ("/v1/responses", Reply(begun.ReplyState)), ("/v1/completions", Text(begun.TextState)),
        })
        {
            (int status, JsonElement error) = await Post(address, path, request);
            Assert.Equal(400, status);
            Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(property => property.Name));
            Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
            Assert.Equal("state", error.GetProperty("param").GetString());
            Assert.Equal("invalid_state", error.GetProperty("code").GetString());
        }
    }

    private GrulmProcess Serve(string key, int port) => new(
        "serve", "--model", $"tiny={_model.Folder}", "--port", $"{port}", "--threads", "1",
        "--state-key", Path.Combine(_folder, key), "--max-requests", $"{Streams + 3}");

    // What a client has in its hands when the server goes: an id, states behind a reply and a text, and what came next while it was there.
    private async Task<Talk> Begin(Uri address)
    {
        JsonElement reply = await Ask(
            address, "/v1/responses", """{"input":"How are you?","temperature":0,"max_output_tokens":9,"return_state":true}""");
        string id = reply.GetProperty("id").GetString()!;
        JsonElement next = await Ask(
            address, "/v1/responses", $$"""{"input":"And?","previous_response_id":"{{id}}","temperature":0,"max_output_tokens":9}""");
        const string rest = "\"ignore_eos\":true,\"temperature\":0,\"max_tokens\"";
        JsonElement text = await Ask(address, "/v1/completions", $$"""{"prompt":"I am",{{rest}}:9,"return_state":true}""");
        JsonElement whole = await Ask(address, "/v1/completions", $$"""{"prompt":"I am",{{rest}}:18}""");
        JsonElement choice = text.GetProperty("choices")[0];
        string begun = choice.GetProperty("text").GetString()!;
        return new Talk(
            id, reply.GetProperty("state").GetString()!, TextOf(next), choice.GetProperty("state").GetString()!,
            whole.GetProperty("choices")[0].GetProperty("text").GetString()![begun.Length..]);
    }

    private static string Reply(string state) => $$"""{"input":"And?","state":"{{state}}","temperature":0,"max_output_tokens":9}""";

    private static string Text(string state) =>
        $$"""{"prompt":"","state":"{{state}}","ignore_eos":true,"temperature":0,"max_tokens":9}""";

    private Task<Exception?>[] Readers(Uri address)
    {
        IEnumerable<Func<Task>> all = Enumerable.Repeat(() => ReadStream(address), Streams)
            .Append(() => ReadChat(address)).Append(() => ReadResponse(address)).Append(() => ReadOllama(address));
        return [.. all.Select(read => Task.Run(async () => await Record.ExceptionAsync(read)))];
    }

    private async Task ReadStream(Uri address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, "/v1/completions"))
        {
            Content = new StringContent(
                """{"prompt":"I am","max_tokens":1000000,"ignore_eos":true,"stream":true}""", Encoding.UTF8, "application/json"),
        };
        using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        using Stream body = await response.Content.ReadAsStreamAsync(Cancel);
        byte[] buffer = new byte[2000];
        await body.ReadExactlyAsync(buffer, Cancel);
        Interlocked.Increment(ref _begun);
        while (await body.ReadAsync(buffer, Cancel) > 0)
        {
        }
    }

    // These ask again as long as they are answered: a text may end by itself.
    private async Task ReadChat(Uri address)
    {
        ChatClient client = Client(address).GetChatClient("tiny");
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 1_000_000 };
        for (bool isFirst = true; ; isFirst = false)
        {
            await foreach (StreamingChatCompletionUpdate update in client.CompleteChatStreamingAsync(
                [ChatMessage.CreateUserMessage("How are you?")], options, Cancel))
            {
                if (isFirst && update.Role is not null) Interlocked.Increment(ref _begun);
            }
        }
    }

    private async Task ReadResponse(Uri address)
    {
        ResponsesClient client = Client(address).GetResponsesClient();
        var options = new CreateResponseOptions("tiny", [ResponseItem.CreateUserMessageItem("How are you?")])
        {
            MaxOutputTokenCount = 1_000_000,
            StreamingEnabled = true,
        };
        for (bool isFirst = true; ; isFirst = false)
        {
            await foreach (StreamingResponseUpdate update in await client.CreateResponseStreamingAsync(options, Cancel))
            {
                if (isFirst && update is StreamingResponseCreatedUpdate) Interlocked.Increment(ref _begun);
            }
        }
    }

    private async Task ReadOllama(Uri address)
    {
        using var client = new OllamaApiClient(address, "tiny");
        var request = new GenerateRequest { Prompt = "I am", Options = new RequestOptions { NumPredict = -1 } };
        for (int parts = 0; ;)
        {
            await foreach (GenerateResponseStream? part in client.GenerateAsync(request, Cancel))
            {
                if (parts++ == 0) Interlocked.Increment(ref _begun);
            }
        }
    }

    private static OpenAIClient Client(Uri address) => new(new ApiKeyCredential("none"), new OpenAIClientOptions
    {
        Endpoint = new Uri(address, "/v1"),
        RetryPolicy = new System.ClientModel.Primitives.ClientRetryPolicy(maxRetries: 0),
    });

    private async Task<JsonElement> Ask(Uri address, string path, string json)
    {
        (int status, JsonElement answer) = await Send(address, path, json);
        Assert.True(status == 200, answer.GetRawText());
        return answer;
    }

    private async Task<(int Status, JsonElement Error)> Post(Uri address, string path, string json)
    {
        (int status, JsonElement answer) = await Send(address, path, json);
        return (status, answer.GetProperty("error"));
    }

    private async Task<(int Status, JsonElement Answer)> Send(Uri address, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await _http.PostAsync(new Uri(address, path), content, Cancel);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(Cancel));
    }

    private static string TextOf(JsonElement response) =>
        response.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString()!;

    private sealed record Talk(string Id, string ReplyState, string Next, string TextState, string Rest);
}
