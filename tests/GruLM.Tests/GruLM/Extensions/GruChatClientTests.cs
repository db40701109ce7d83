// A model behind Microsoft.Extensions.AI: it replies as a chat session does, ids go on from where they were given, and what it cannot do it
// says.

using System.Text.Json;
using GruLM.Model;
using Microsoft.Extensions.AI;

namespace GruLM.Tests;

public sealed class GruChatClientTests : IDisposable
{
    private readonly TinyModel _tiny = new(SampleKind.Lines);
    private readonly LanguageModel _model;
    private readonly GruChatClient _client;

    public GruChatClientTests()
    {
        _model = _tiny.Open();
        _client = new GruChatClient(_model, conversations: 3);
    }

    public void Dispose()
    {
        _client.Dispose();
        _model.Dispose();
        _tiny.Dispose();
    }

    [Fact]
    public async Task A_reply_is_that_of_a_chat_with_the_same_options()
    {
        var options = new ChatOptions
        {
            Temperature = 0.5f,
            TopK = 7,
            TopP = 0.5f,
            MaxOutputTokens = 12,
            Seed = 5,
            FrequencyPenalty = 0.25f,
            PresencePenalty = 0.5f,
            StopSequences = ["zz"],
        };
        var same = new GenerationOptions
        {
            MaxTokens = 12,
            Stop = ["zz"],
            Sampling = _model.Defaults.ToSampling() with
            {
                Temperature = 0.5,
                TopK = 7,
                TopP = 0.5,
                Seed = 5,
                FrequencyPenalty = 0.25,
                PresencePenalty = 0.5,
            },
        };
        using ChatSession chat = _model.StartChat(same);
        string expected = string.Concat(chat.Say("How are you?"));
        ChatResponse response = await _client.GetResponseAsync("How are you?", options);
        Assert.Equal(expected, response.Text);
        Assert.Equal(
            chat.FinishReason == FinishReason.Length ? ChatFinishReason.Length : ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal(chat.TokensWritten, response.Usage!.OutputTokenCount);
        Assert.Equal(response.Usage.TotalTokenCount, response.Usage.InputTokenCount + response.Usage.OutputTokenCount);
        Assert.True(response.Usage.InputTokenCount > 3);
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in _client.GetStreamingResponseAsync("How are you?", options)) updates.Add(update);
        Assert.Equal(expected, string.Concat(updates.Select(update => update.Text)));
        Assert.All(updates[..^1], update => Assert.Null(update.FinishReason));
        Assert.NotNull(updates[^1].ConversationId);
    }

    [Fact]
    public async Task An_id_goes_on_from_its_reply_as_often_as_one_likes()
    {
        var options = new ChatOptions { MaxOutputTokens = 8, Seed = 1 };
        using ChatSession chat = _model.StartChat(new GenerationOptions
        {
            MaxTokens = 8,
            Sampling = _model.Defaults.ToSampling() with { Seed = 1 },
        });
        string[] expected = [string.Concat(chat.Say("one")), string.Concat(chat.Say("two"))];
        ChatResponse first = await _client.GetResponseAsync("one", options);
        options.ConversationId = first.ConversationId;
        ChatResponse second = await _client.GetResponseAsync("two", options), again = await _client.GetResponseAsync("two", options);
        Assert.Equal((expected[0], expected[1]), (first.Text, second.Text));
        Assert.Equal(second.Text, again.Text);
        Assert.NotEqual(second.ConversationId, again.ConversationId);

        // Three are kept: the first was used after the second was made, which goes when a fourth comes.
        options.ConversationId = null;
        await _client.GetResponseAsync("three", options);
        options.ConversationId = second.ConversationId;
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => _client.GetResponseAsync("four", options));
        Assert.StartsWith("'ConversationId' is ", error.Message, StringComparison.Ordinal);
        options.ConversationId = first.ConversationId;
        Assert.Equal(second.Text, (await _client.GetResponseAsync("two", options)).Text);
    }

    [Fact]
    public async Task A_whole_talk_is_read_as_it_was_trained_on()
    {
        var options = new ChatOptions { MaxOutputTokens = 8, Temperature = 0, Instructions = "Be kind." };
        ChatMessage[] messages =
        [
            new(ChatRole.System, "The old clock."),
            new(ChatRole.User, "How are you?"),
            new(ChatRole.Assistant, "I am well."),
            new(ChatRole.User, "And the"),
            new(ChatRole.User, "garden?"),
        ];
        using ChatSession chat = _model.StartChat(new GenerationOptions
        {
            MaxTokens = 8,
            Sampling = _model.Defaults.ToSampling() with { Temperature = 0 },
        });
        chat.ReadExchange("Be kind. The old clock. How are you?", "I am well.");
        string expected = string.Concat(chat.Say("And the garden?"));
        Assert.Equal(expected, (await _client.GetResponseAsync(messages, options)).Text);
    }

    [Fact]
    public async Task What_makes_no_sense_or_cannot_be_done_is_said()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetResponseAsync([]));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetResponseAsync([new ChatMessage(ChatRole.Assistant, "a")]));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetResponseAsync("a", new ChatOptions { Temperature = -1 }));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetResponseAsync("a", new ChatOptions { StopSequences = [""] }));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetResponseAsync("a", new ChatOptions { ConversationId = "x" }));
        await Assert.ThrowsAsync<NotSupportedException>(() => _client.GetResponseAsync([new ChatMessage(ChatRole.Tool, "a")]));
        ChatMessage picture = new(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")]);
        await Assert.ThrowsAsync<NotSupportedException>(() => _client.GetResponseAsync([picture]));
        ChatResponseFormat format = ChatResponseFormat.ForJsonSchema(Schema("""{"type":"string","format":"strange"}"""));
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(
            () => _client.GetResponseAsync("a", new ChatOptions { ResponseFormat = format }));
        Assert.Contains("format", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty((await _client.GetResponseAsync("a", new ChatOptions { ResponseFormat = ChatResponseFormat.Text })).Messages);
    }

    [Fact]
    public async Task A_reply_has_the_format_that_is_asked_for()
    {
        const string Fields = """{"age":{"type":"integer","minimum":1,"maximum":99},"kind":{"enum":["cat","dog"]}}""";
        JsonElement schema = Schema(
            $$"""{"type":"object","properties":{{Fields}},"required":["age","kind"],"additionalProperties":false}""");
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema), MaxOutputTokens = 60 };
        for (long seed = 0; seed < 10; seed++)
        {
            options.Seed = seed;
            ChatResponse response = await _client.GetResponseAsync("Who is it?", options);
            JsonElement reply = Schema(response.Text);
            Assert.InRange(reply.GetProperty("age").GetInt32(), 1, 99);
            Assert.Contains(reply.GetProperty("kind").GetString(), (string[])["cat", "dog"]);
            Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        }

        options.ResponseFormat = ChatResponseFormat.Json;
        Assert.Equal(JsonValueKind.Object, Schema((await _client.GetResponseAsync("And now?", options)).Text).ValueKind);
    }

    [Fact]
    public async Task Options_are_refused_by_the_names_that_they_have_here()
    {
        Assert.StartsWith("'MaxOutputTokens' is -1; ", await Refused(new ChatOptions { MaxOutputTokens = -1 }), StringComparison.Ordinal);
        var empty = new ChatOptions { StopSequences = [""] };
        Assert.StartsWith("'StopSequences' holds an empty text", await Refused(empty), StringComparison.Ordinal);
        var tooShort = new ChatOptions { MaxOutputTokens = 1, ResponseFormat = ChatResponseFormat.Json };
        Assert.StartsWith("'MaxOutputTokens' is 1, and the constraint", await Refused(tooShort), StringComparison.Ordinal);

        async Task<string> Refused(ChatOptions options) =>
            (await Assert.ThrowsAnyAsync<ArgumentException>(() => _client.GetResponseAsync("Hello", options))).Message;
    }

    [Fact]
    public async Task Several_talk_at_once_and_one_who_cancels_is_told()
    {
        var options = new ChatOptions { MaxOutputTokens = 10 };
        string[] alone = [(await _client.GetResponseAsync("one", options)).Text, (await _client.GetResponseAsync("two", options)).Text];
        ChatResponse[] together = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(i => _client.GetResponseAsync(i % 2 == 0 ? "one" : "two", options)));
        Assert.All(together.Index(), reply => Assert.Equal(alone[reply.Index % 2], reply.Item.Text));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _client.GetResponseAsync("one", options, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Services_are_found()
    {
        Assert.Same(_model, _client.GetService(typeof(LanguageModel)));
        Assert.Same(_client, _client.GetService(typeof(IChatClient)));
        Assert.Equal("grulm", ((ChatClientMetadata)_client.GetService(typeof(ChatClientMetadata))!).ProviderName);
        Assert.Null(_client.GetService(typeof(string)));
    }

    private static JsonElement Schema(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
