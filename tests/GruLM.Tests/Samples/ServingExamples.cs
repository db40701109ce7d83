// The C# that docs/serving.md shows. OpenAIClientTests do the same against a server at a free port.

using System.ClientModel;
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
}
