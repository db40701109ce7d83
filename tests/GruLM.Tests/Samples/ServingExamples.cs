// The C# that docs/serving.md and docs/deploying.md show. The tests of these clients do the same against servers at free ports.

using System.ClientModel;
using Microsoft.Extensions.AI;
using OllamaSharp;
using OllamaSharp.Models;
using OpenAI;
using OpenAI.Chat;

namespace GruLM.Tests.Samples;

internal static class ServingExamples
{
    public static ChatCompletion Ask()
    {
        var address = new OpenAIClientOptions { Endpoint = new Uri("http://127.0.0.1:8080/v1") };
        var client = new OpenAIClient(new ApiKeyCredential("none"), address);
        ChatCompletion reply = client.GetChatClient("book").CompleteChat("Who are you?");
        return reply;
    }

    public static async Task Stream()
    {
        var options = new OpenAIClientOptions { Endpoint = new Uri("http://127.0.0.1:8080/v1") };
        var openai = new OpenAIClient(new ApiKeyCredential("secret"), options);
        await foreach (StreamingChatCompletionUpdate update in openai.GetChatClient("book").CompleteChatStreamingAsync("Who are you?"))
        {
            foreach (ChatMessageContentPart part in update.ContentUpdate) Console.Write(part.Text);
        }

        IChatClient chat = openai.GetChatClient("book").AsIChatClient();
        ChatResponse response = await chat.GetResponseAsync("Who are you?");
        Console.WriteLine(response.Text);
    }

    public static async Task AskAsOllama()
    {
        using var ollama = new OllamaApiClient(new Uri("http://127.0.0.1:8080"), "book");
        if (await ollama.IsRunningAsync())
        {
            var request = new GenerateRequest { Prompt = "Once upon a time" };
            await foreach (GenerateResponseStream? part in ollama.GenerateAsync(request)) Console.Write(part?.Response);
        }
    }
}
