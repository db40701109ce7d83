// OpenAI's own client for responses, against the server.

#pragma warning disable OPENAI001 // The client calls its own interface for responses experimental.

using System.ClientModel;
using OpenAI.Responses;

namespace GruLM.Tests;

public sealed class ResponsesClientTests
{
    [Fact]
    public async Task The_client_reads_responses_and_goes_on_from_them()
    {
        await using TestServer server = await TestServer.Start();
        ResponsesClient client = Client(server);
        ResponseResult first = await client.CreateResponseAsync(Options("How are you?"), TestContext.Current.CancellationToken);
        Assert.Equal("tiny", first.Model);
        Assert.Equal(ResponseStatus.Incomplete, first.Status);
        Assert.Equal(ResponseIncompleteStatusReason.MaxOutputTokens, first.IncompleteStatusDetails.Reason);
        Assert.Equal(8, first.Usage.OutputTokenCount);
        Assert.Equal(0, first.Usage.OutputTokenDetails.ReasoningTokenCount);
        Assert.Equal(first.Usage.TotalTokenCount, first.Usage.InputTokenCount + first.Usage.OutputTokenCount);
        Assert.NotEmpty(first.GetOutputText());
        CreateResponseOptions next = Options("And the garden?");
        next.PreviousResponseId = first.Id;
        ResponseResult second = await client.CreateResponseAsync(next, TestContext.Current.CancellationToken);
        Assert.Equal(first.Id, second.PreviousResponseId);
        Assert.NotEqual(first.GetOutputText(), second.GetOutputText());
    }

    [Fact]
    public async Task The_client_reads_all_events()
    {
        await using TestServer server = await TestServer.Start();
        ResponsesClient client = Client(server);
        CreateResponseOptions options = Options("How are you?");
        ResponseResult whole = await client.CreateResponseAsync(options, TestContext.Current.CancellationToken);
        options.StreamingEnabled = true;
        string text = "";
        List<Type> types = [];
        ResponseResult? last = null;
        await foreach (StreamingResponseUpdate update in await client.CreateResponseStreamingAsync(
            options, TestContext.Current.CancellationToken))
        {
            types.Add(update.GetType());
            if (update is StreamingResponseOutputTextDeltaUpdate delta) text += delta.Delta;
            if (update is StreamingResponseIncompleteUpdate end) last = end.Response;
        }

        Assert.Equal(whole.GetOutputText(), text);
        Assert.Equal(whole.GetOutputText(), last?.GetOutputText());
        Type[] expected =
        [
            typeof(StreamingResponseCreatedUpdate), typeof(StreamingResponseInProgressUpdate),
            typeof(StreamingResponseOutputItemAddedUpdate), typeof(StreamingResponseContentPartAddedUpdate),
            typeof(StreamingResponseOutputTextDeltaUpdate), typeof(StreamingResponseOutputTextDoneUpdate),
            typeof(StreamingResponseContentPartDoneUpdate), typeof(StreamingResponseOutputItemDoneUpdate),
            typeof(StreamingResponseIncompleteUpdate),
        ];
        Assert.Equal(expected, types.Distinct());
    }

    [Fact]
    public async Task The_client_gets_errors_with_their_status()
    {
        await using TestServer server = await TestServer.Start();
        ResponsesClient client = Client(server);
        CreateResponseOptions options = Options("Hi");
        options.PreviousResponseId = "resp_unknown";
        ClientResultException error = await Assert.ThrowsAsync<ClientResultException>(
            () => client.CreateResponseAsync(options, TestContext.Current.CancellationToken));
        Assert.Equal(404, error.Status);
        Assert.Contains("previous_response_not_found", error.Message);
    }

    private static ResponsesClient Client(TestServer server) =>
        new(new ApiKeyCredential("none"), new ResponsesClientOptions { Endpoint = new Uri(server.Address, "/v1") });

    private static CreateResponseOptions Options(string input) => new("tiny", [ResponseItem.CreateUserMessageItem(input)])
    {
        MaxOutputTokenCount = 8,
        Temperature = 0,
    };
}
