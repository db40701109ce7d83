// OllamaSharp, a client that others use, against the server.

using GruLM.Model;
using Microsoft.Extensions.AI;
using OllamaSharp;
using OllamaSharp.Models;
using OllamaSharp.Models.Chat;
using ChatRole = OllamaSharp.Models.Chat.ChatRole;
using OllamaChatRequest = OllamaSharp.Models.Chat.ChatRequest;

namespace GruLM.Tests;

public sealed class OllamaClientTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_client_writes_texts()
    {
        await using TestServer server = await TestServer.Start(samples: SampleKind.Stream);
        using var client = new OllamaApiClient(server.Address, "tiny");
        var options = new GenerationOptions { MaxTokens = 9, Sampling = server.Model.Defaults.ToSampling() with { Seed = 4 } };
        string expected = string.Concat(server.Model.Generate("How are", options, Cancel));
        var request = new GenerateRequest
        {
            Model = "tiny:latest",
            Prompt = "How are",
            Options = new RequestOptions { NumPredict = 9, Seed = 4, NumCtx = 1024 },
        };
        string text = "";
        GenerateDoneResponseStream? end = null;
        await foreach (GenerateResponseStream? part in client.GenerateAsync(request, Cancel))
        {
            text += part?.Response;
            if (part is GenerateDoneResponseStream done) end = done;
        }

        Assert.Equal(expected, text);
        Assert.NotNull(end);
        Assert.True(end.TotalDuration > 0 && end.PromptEvalCount > 0 && end.EvalCount > 0);
        Assert.Contains(end.DoneReason, (string[])["stop", "length"]);
    }

    [Fact]
    public async Task The_client_chats()
    {
        await using TestServer server = await TestServer.Start();
        using var client = new OllamaApiClient(server.Address, "tiny");
        var request = new OllamaChatRequest
        {
            Model = "tiny",
            Messages = [new Message(ChatRole.System, "Be well."), new Message(ChatRole.User, "How are you?")],
            Options = new RequestOptions { NumPredict = 6, Temperature = 0 },
        };
        string text = "";
        ChatDoneResponseStream? end = null;
        await foreach (ChatResponseStream? part in client.ChatAsync(request, Cancel))
        {
            text += part?.Message.Content;
            if (part is ChatDoneResponseStream done) end = done;
        }

        var options = new GenerationOptions { MaxTokens = 6, Sampling = server.Model.Defaults.ToSampling() with { Temperature = 0 } };
        using ChatSession chat = server.Model.StartChat(options);
        Assert.Equal(string.Concat(chat.Say("Be well. How are you?")), text);
        Assert.Equal(chat.TokensWritten, end?.EvalCount);
    }

    [Fact]
    public async Task The_client_finds_a_server_and_its_models_at_work()
    {
        await using TestServer server = await TestServer.Start();
        using var client = new OllamaApiClient(server.Address, "tiny");
        Assert.True(await client.IsRunningAsync(Cancel));
        RunningModel loaded = Assert.Single(await client.ListRunningModelsAsync(Cancel));
        OllamaSharp.Models.Model listed = Assert.Single(await client.ListLocalModelsAsync(Cancel));
        Assert.Equal(listed.Name, loaded.Name);
        Assert.Equal(listed.Digest, loaded.Digest);
        Assert.Equal(listed.Size, loaded.Size);
        Assert.True(loaded.ExpiresAt > DateTime.UtcNow.AddYears(100));
    }

    [Fact]
    public async Task The_client_makes_vectors()
    {
        await using TestServer server = await TestServer.Start();
        using var client = new OllamaApiClient(server.Address, "tiny");
        using var own = new GruEmbeddingGenerator(server.Model);
        GeneratedEmbeddings<Embedding<float>> expected = await own.GenerateAsync(["How are you?", "I am well"], null, Cancel);
        EmbedResponse made = await client.EmbedAsync(new EmbedRequest { Input = ["How are you?", "I am well"], Truncate = true }, Cancel);
        Assert.Equal(expected.Select(each => each.Vector.ToArray()), made.Embeddings);
        Assert.Equal(expected.Usage!.InputTokenCount, made.PromptEvalCount);
        Assert.True(made.TotalDuration > made.LoadDuration);

        // The same as Microsoft.Extensions.AI has it.
        IEmbeddingGenerator<string, Embedding<float>> generator = client;
        GeneratedEmbeddings<Embedding<float>> again = await generator.GenerateAsync(["How are you?", "I am well"], null, Cancel);
        Assert.Equal(made.Embeddings, again.Select(each => each.Vector.ToArray()));
    }

    [Fact]
    public async Task The_client_lists_models_and_tells_errors()
    {
        await using TestServer server = await TestServer.Start();
        using var client = new OllamaApiClient(server.Address, "tiny");
        OllamaSharp.Models.Model listed = Assert.Single(await client.ListLocalModelsAsync(Cancel));
        Assert.Equal("tiny:latest", listed.Name);
        Assert.Equal("gru", listed.Details.Family);
        ShowModelResponse shown = await client.ShowModelAsync(new ShowModelRequest { Model = "tiny:latest" }, Cancel);
        Assert.Equal("gru", shown.Info.Architecture);
        Assert.Equal(server.Model.ParameterCount, shown.Info.ParameterCount);
        Assert.Matches(@"^\d+\.\d+\.\d+", await client.GetVersionAsync(Cancel));
        HttpRequestException error = await Assert.ThrowsAsync<HttpRequestException>(
            () => client.ShowModelAsync(new ShowModelRequest { Model = "none" }, Cancel));
        Assert.Contains("404", error.Message);
    }
}
