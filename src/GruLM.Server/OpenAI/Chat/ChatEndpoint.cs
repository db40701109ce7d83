// POST /v1/chat/completions: the reply to a talk.

using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Replies to messages. Safe for several threads.</summary>
internal sealed class ChatEndpoint(ServerParts parts)
{
    private const int MostTexts = 128;

    private static readonly Field s_messages = new("messages", FieldKind.List, "the talk: objects with role and content")
    {
        IsNeeded = true,
    };

    private static readonly Field s_tokens = WritingFields.Tokens("max_completion_tokens");
    private static readonly Field s_oldTokens = WritingFields.Tokens("max_tokens");
    private static readonly Field s_n = new("n", FieldKind.Integer, "replies", 1, MostTexts);
    private static readonly Field s_logProbs = new("logprobs", FieldKind.Switch, "tell tokens with their log-probabilities");
    private static readonly Field s_top = new(
        "top_logprobs", FieldKind.Integer, "alternatives to each token", 0, WritingFields.MostAlternatives);
    private static readonly Field s_format = new("response_format", FieldKind.Object, "text, json_object, or json_schema with a schema");
    private static readonly Field s_tools = new("tools", FieldKind.List, "not supported: these models call no tools");

    /// <summary>The fields of a request.</summary>
    public static readonly Field[] Fields =
    [
        ModelShelf.Field, s_messages, s_tokens, s_oldTokens, s_n, s_logProbs, s_top, s_format, .. StreamFields.All, .. WritingFields.All,
        .. StateFields.All, s_tools,
        .. new[] { "user", "store", "metadata", "service_tier", "parallel_tool_calls", "tool_choice", "modalities", "reasoning_effort",
            "prompt_cache_key", "safety_identifier", "verbosity" }.Select(Field.Ignored),
    ];

    /// <summary>Answers a request.</summary>
    public async Task Handle(HttpContext http)
    {
        using AdmittedRequest request = await AdmittedRequest.Enter(http, Fields, parts).ConfigureAwait(false);
        (RequestBody body, RequestUse use, CancellationToken cancel) = request;
        ServedModel model = parts.ModelOf(body, use);
        CheckTools(body);
        ChatTurns turns = ChatMessages.Read(body.Element(s_messages)!.Value, s_messages.Name);
        GenerationOptions options = Options(body, model);
        using CancellationTokenSource hurry = parts.Hurry();
        bool returnsState = body.Switch(StateFields.Return);
        TextOrder order = TextOrder.OfReply(model.Model, turns, options, StateFields.Read(body, parts, model)) with
        {
            Kept = model.Prefixes,
            KeepsState = returnsState,
            Hurry = hurry.Token,
        };
        var answer = new ChatAnswer(model, order.Read.Sum(ids => ids.Length), StreamFields.IncludesUsage(body))
        {
            TellsTokens = options.LogProbs is not null,
            States = returnsState ? parts.States : null,
        };
        int count = (int)(body.Integer(s_n) ?? 1);
        IReadOnlyList<TextOrder> orders = await WrittenText.Several(use, order, count, cancel).ConfigureAwait(false);
        if (StreamFields.IsStream(body)) await AnswerTexts.Stream(http.Response, answer, orders).ConfigureAwait(false);
        else await AnswerTexts.Whole(http.Response, answer, [orders], count).ConfigureAwait(false);
    }

    private GenerationOptions Options(RequestBody body, ServedModel model)
    {
        GenerationOptions options = WritingFields.Read(body, model, [s_tokens, s_oldTokens], parts.Options.MaxTokens);
        bool tells = body.Switch(s_logProbs);
        long? top = body.Integer(s_top);
        if (top is not null && !tells) throw ApiException.Bad("'top_logprobs' is given without 'logprobs'", s_top.Name);
        options = ResponseFormat.Apply(options, model, body.Element(s_format), s_format.Name);
        options = options with { LogProbs = tells ? (int)(top ?? 0) : null };
        WritingFields.Check(model, options, model.Model.Ids.ChatStops);
        return options;
    }

    private static void CheckTools(RequestBody body)
    {
        if (body.Element(s_tools) is { } tools && (tools.ValueKind != JsonValueKind.Array || tools.GetArrayLength() > 0))
        {
            throw ApiException.Bad("'tools' are given, and this model calls none", s_tools.Name);
        }
    }
}
