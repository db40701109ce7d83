// The official OpenAI client, and Microsoft.Extensions.AI over it, against the server.

// The seed is marked as an experiment by the client.
#pragma warning disable OPENAI001

using System.ClientModel;
using System.Text.Json;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using OpenAI.Models;
using ChatFinishReason = OpenAI.Chat.ChatFinishReason;
using ChatMessage = OpenAI.Chat.ChatMessage;

namespace GruLM.Tests;

public sealed class OpenAIClientTests : IAsyncLifetime
{
    private const string Schema = """
        {"type":"object","properties":{"name":{"type":"string","maxLength":8},"age":{"type":"integer","minimum":0,"maximum":99}},
         "required":["name","age"],"additionalProperties":false}
        """;

    private TestServer _server = null!;
    private OpenAIClient _client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.Start(new() { ApiKeys = ["a secret"] });
        _client = ClientOf("a secret");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Models_are_listed()
    {
        OpenAIModelCollection models = await _client.GetOpenAIModelClient().GetModelsAsync(Cancel);
        Assert.Equal(["tiny"], models.Select(model => model.Id));
        OpenAIModel model = await _client.GetOpenAIModelClient().GetModelAsync("tiny", Cancel);
        Assert.Equal("grulm", model.OwnedBy);
    }

    [Fact]
    public async Task A_reply_is_that_of_a_chat()
    {
        ChatCompletion reply = await _client.GetChatClient("tiny").CompleteChatAsync(
            [ChatMessage.CreateSystemMessage("Be kind."), ChatMessage.CreateUserMessage("How are you?")], Options(), Cancel);
        using ChatSession chat = _server.Model.StartChat(Same());
        Assert.Equal(string.Concat(chat.Say("Be kind. How are you?")), reply.Content[0].Text);
        Assert.Equal(chat.FinishReason == FinishReason.Stop ? ChatFinishReason.Stop : ChatFinishReason.Length, reply.FinishReason);
        Assert.Equal(chat.TokensWritten, reply.Usage.OutputTokenCount);
        Assert.NotEmpty(reply.ContentTokenLogProbabilities);
        Assert.All(reply.ContentTokenLogProbabilities, token => Assert.Equal(2, token.TopLogProbabilities.Count));
    }

    [Fact]
    public async Task A_talk_that_is_sent_whole_goes_on_as_a_chat_does()
    {
        var messages = new List<ChatMessage>();
        using ChatSession chat = _server.Model.StartChat(Same());
        for (int i = 0; i < 4; i++)
        {
            messages.Add(ChatMessage.CreateUserMessage($"The garden {i}"));
            string expected = string.Concat(chat.Say($"The garden {i}"));
            chat.Reset();
            foreach (ChatMessage[] turn in messages.SkipLast(1).Chunk(2))
            {
                chat.ReadExchange(turn[0].Content[0].Text, turn[1].Content[0].Text);
            }

            expected = string.Concat(chat.Say($"The garden {i}"));
            ChatCompletion reply = await _client.GetChatClient("tiny").CompleteChatAsync(messages, Options(), Cancel);
            Assert.Equal(expected, reply.Content.Count > 0 ? reply.Content[0].Text : "");
            messages.Add(ChatMessage.CreateAssistantMessage("I am well."));
        }
    }

    [Fact]
    public async Task A_reply_can_be_streamed()
    {
        ChatCompletion whole = await _client.GetChatClient("tiny").CompleteChatAsync(
            [ChatMessage.CreateUserMessage("The garden")], Options(), Cancel);
        string text = "";
        ChatFinishReason? reason = null;
        int used = 0;
        await foreach (StreamingChatCompletionUpdate update in _client.GetChatClient("tiny").CompleteChatStreamingAsync(
            [ChatMessage.CreateUserMessage("The garden")], Options(), Cancel))
        {
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            reason ??= update.FinishReason;
            used += update.Usage?.OutputTokenCount ?? 0;
        }

        Assert.Equal(whole.Content[0].Text, text);
        Assert.Equal(whole.FinishReason, reason);
        Assert.Equal(whole.Usage.OutputTokenCount, used);
    }

    [Fact]
    public async Task A_schema_holds()
    {
        ChatCompletionOptions options = Options();
        options.MaxOutputTokenCount = 200;
        options.ResponseFormat = OpenAI.Chat.ChatResponseFormat.CreateJsonSchemaFormat("person", BinaryData.FromString(Schema), null, true);
        ChatCompletion reply = await _client.GetChatClient("tiny").CompleteChatAsync(
            [ChatMessage.CreateUserMessage("Who?")], options, Cancel);
        var person = JsonElement.Parse(reply.Content[0].Text);
        Assert.InRange(person.GetProperty("age").GetInt32(), 0, 99);
        Assert.InRange(person.GetProperty("name").GetString()!.Length, 0, 8);
    }

    [Fact]
    public async Task Embeddings_are_the_librarys()
    {
        EmbeddingClient client = _client.GetEmbeddingClient("tiny");
        OpenAIEmbeddingCollection made = await client.GenerateEmbeddingsAsync(["How are you?", "I am well"], null, Cancel);
        using var own = new GruEmbeddingGenerator(_server.Model);
        GeneratedEmbeddings<Embedding<float>> expected = await own.GenerateAsync(["How are you?", "I am well"], null, Cancel);
        for (int i = 0; i < 2; i++) Assert.Equal(expected[i].Vector.ToArray(), made[i].ToFloats().ToArray());
        Assert.True(made.Usage.InputTokenCount > 0);
    }

    [Fact]
    public async Task Microsofts_chat_client_works_over_it()
    {
        IChatClient client = _client.GetChatClient("tiny").AsIChatClient();
        var options = new ChatOptions
        {
            MaxOutputTokens = 200,
            Seed = 3,
            ResponseFormat = Microsoft.Extensions.AI.ChatResponseFormat.ForJsonSchema(JsonElement.Parse(Schema)),
        };
        ChatResponse reply = await client.GetResponseAsync("Who?", options, Cancel);
        Assert.InRange(JsonElement.Parse(reply.Text).GetProperty("age").GetInt32(), 0, 99);
        options.ResponseFormat = null;
        string streamed = "";
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("The garden", options, Cancel))
        {
            streamed += update.Text;
        }

        Assert.Equal((await client.GetResponseAsync("The garden", options, Cancel)).Text, streamed);
        IEmbeddingGenerator<string, Embedding<float>> generator = _client.GetEmbeddingClient("tiny").AsIEmbeddingGenerator();
        Assert.Equal(24, (await generator.GenerateAsync(["I am"], null, Cancel))[0].Vector.Length);
    }

    [Fact]
    public async Task A_wrong_key_is_refused()
    {
        OpenAIModelClient other = ClientOf("guessed").GetOpenAIModelClient();
        ClientResultException error = await Assert.ThrowsAsync<ClientResultException>(() => other.GetModelsAsync(Cancel));
        Assert.Equal(401, error.Status);
    }

    private OpenAIClient ClientOf(string key) =>
        new(new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new Uri(_server.Address, "/v1") });

    private static ChatCompletionOptions Options() => new()
    {
        MaxOutputTokenCount = 16,
        Seed = 5,
        Temperature = 0.7f,
        IncludeLogProbabilities = true,
        TopLogProbabilityCount = 2,
    };

    private GenerationOptions Same() =>
        new() { MaxTokens = 16, Sampling = _server.Model.Defaults.ToSampling() with { Seed = 5, Temperature = 0.7f } };
}
