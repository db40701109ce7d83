// POST /api/chat: the reply to a talk, as Ollama's clients ask for it.

using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Replies to messages. Safe for several threads.</summary>
internal sealed class OllamaChat(ServerParts parts)
{
    private static readonly Field s_messages = new("messages", FieldKind.List, "the talk: objects with role and content")
    {
        IsNeeded = true,
    };

    private static readonly Field s_tools = new("tools", FieldKind.List, "not supported: these models call no tools");

    /// <summary>The fields of a request.</summary>
    public static readonly Field[] Fields = [s_messages, s_tools, .. OllamaRequest.All];

    /// <summary>Answers a request.</summary>
    public async Task Handle(HttpContext http)
    {
        using AdmittedRequest request = await AdmittedRequest.Enter(http, Fields, parts).ConfigureAwait(false);
        (RequestBody body, RequestUse use, _) = request;
        ServedModel model = OllamaRequest.ModelOf(body.Text(ModelShelf.Field), parts);
        var answer = OllamaAnswer.To(body, model, use, isChat: true);
        OllamaRequest.Refuse(body, [s_tools]);
        JsonElement messages = body.Element(s_messages)!.Value;
        GenerationOptions options = OllamaRequest.Options(body, model, parts, model.Model.Ids.ChatStops);
        if (messages.ValueKind == JsonValueKind.Array && messages.GetArrayLength() == 0)
        {
            await answer.WriteLoaded(http.Response).ConfigureAwait(false);
            return;
        }

        ChatTurns turns = ChatMessages.Read(messages, s_messages.Name);
        using CancellationTokenSource hurry = parts.Hurry();
        TextOrder order = TextOrder.OfReply(model.Model, turns, options, null) with
        {
            Kept = model.Prefixes,
            KeepsState = false,
            Hurry = hurry.Token,
        };
        await answer.Write(http.Response, order, OllamaRequest.IsStream(body)).ConfigureAwait(false);
    }
}
