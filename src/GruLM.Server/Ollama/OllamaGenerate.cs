// POST /api/generate: the text behind a prompt. A model that has learned from exchanges replies to it, unless the prompt is raw.

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace GruLM.Server;

/// <summary>Goes on behind prompts. Safe for several threads.</summary>
internal sealed class OllamaGenerate(ServerParts parts)
{
    private static readonly Field s_prompt = new("prompt", FieldKind.Text, "the prompt");
    private static readonly Field s_system = new("system", FieldKind.Text, "what is said before the prompt");
    private static readonly Field s_raw = new("raw", FieldKind.Switch, "go on behind the prompt as it is, whatever the model knows");

    private static readonly Field[] s_refused =
    [
        new("suffix", FieldKind.Text, "not supported: models of this kind read forwards"),
        new("images", FieldKind.List, "not supported: these models read no pictures"),
        new("context", FieldKind.List, "not supported: a state goes on instead, in /v1/responses and /v1/completions"),
    ];

    /// <summary>The fields of a request.</summary>
    public static readonly Field[] Fields = [s_prompt, s_system, s_raw, .. s_refused, .. OllamaRequest.All];

    /// <summary>Answers a request.</summary>
    public async Task Handle(HttpContext http)
    {
        using AdmittedRequest request = await AdmittedRequest.Enter(http, Fields, parts).ConfigureAwait(false);
        (RequestBody body, RequestUse use, CancellationToken cancel) = request;
        ServedModel model = OllamaRequest.ModelOf(body.Text(ModelShelf.Field), parts);
        var answer = OllamaAnswer.To(body, model, use, isChat: false);
        OllamaRequest.Refuse(body, s_refused);
        bool isReply = model.Model.Defaults.Chat.IsTrained == true && !body.Switch(s_raw);
        int[] stops = isReply ? model.Model.Ids.ChatStops : model.Model.Ids.Stops;
        GenerationOptions options = OllamaRequest.Options(body, model, parts, stops);
        string prompt = body.Text(s_prompt) ?? "", system = body.Text(s_system) ?? "";
        if (prompt.Length == 0)
        {
            await answer.WriteLoaded(http.Response).ConfigureAwait(false);
            return;
        }

        using CancellationTokenSource hurry = parts.Hurry();
        TextOrder order = isReply ? Reply(model, prompt, system, options) : Text(model, prompt, system, options, cancel);
        await answer.Write(http.Response, order with { Hurry = hurry.Token }, OllamaRequest.IsStream(body)).ConfigureAwait(false);
    }

    private static TextOrder Reply(ServedModel model, string prompt, string system, GenerationOptions options)
    {
        var turns = ChatTurns.Of([new ChatMessage(ChatRole.User, prompt)], system);
        return TextOrder.OfReply(model.Model, turns, options, null) with { Kept = model.Prefixes, KeepsState = false };
    }

    // Text that knows no roles: what a system says stands on lines of its own before the prompt.
    private static TextOrder Text(
        ServedModel model, string prompt, string system, GenerationOptions options, CancellationToken cancel)
    {
        string whole = system.Length > 0 ? $"{system}\n{prompt}" : prompt;
        return new TextOrder { Options = options, Read = [model.Model.WholePrompt(whole, cancel)], Stops = model.Model.Ids.Stops };
    }
}
