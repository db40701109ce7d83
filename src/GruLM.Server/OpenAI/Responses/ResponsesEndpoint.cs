// POST /v1/responses: replies that can be gone on from by their ids. What is kept behind one is the model's state, some kilobytes whatever
// was said; the response itself is not kept.

using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Replies to what a request says. Safe for several threads.</summary>
internal sealed class ResponsesEndpoint(ServerParts parts)
{
    private const string NoTools = "this model calls no tools";

    private static readonly Field s_input = new("input", FieldKind.Any, "a text, or a list of messages with role and content")
    {
        IsNeeded = true,
    };

    private static readonly Field s_instructions = new("instructions", FieldKind.Text, "what is said before the input, as a system does");
    private static readonly Field s_previous = new(
        "previous_response_id", FieldKind.Text, "the id of a response to go on from: only what is new is sent, and read");

    private static readonly Field s_tokens = WritingFields.Tokens("max_output_tokens", 1);
    private static readonly Field s_format = new("format", FieldKind.Object, "type: text, json_object, or json_schema with a schema");
    private static readonly Field s_text = new("text", FieldKind.Object, "the form of the reply")
    {
        Fields = [s_format, Field.Ignored("verbosity")],
    };

    private static readonly Field s_store = new("store", FieldKind.Switch, "keep the state behind the reply; true where it is not given");
    private static readonly Field s_stream = new("stream", FieldKind.Switch, "give the reply piece by piece, as server-sent events");
    private static readonly Field s_metadata = new("metadata", FieldKind.Object, "given back as it is");
    private static readonly Field s_background = new("background", FieldKind.Switch, "not supported: replies are given at once");
    private static readonly Field s_include = new("include", FieldKind.List, "not supported: there is nothing more to give");
    private static readonly Field s_tools = new("tools", FieldKind.List, "not supported: " + NoTools);

    /// <summary>The fields of a request.</summary>
    public static readonly Field[] Fields =
    [
        ModelShelf.Field, s_input, s_instructions, s_previous, s_tokens, s_text, s_store, s_stream, s_metadata, .. WritingFields.All,
        .. StateFields.All, s_background, s_include, s_tools,
        .. new[] { "user", "service_tier", "parallel_tool_calls", "tool_choice", "max_tool_calls", "reasoning", "truncation",
            "stream_options", "prompt_cache_key", "safety_identifier" }.Select(Field.Ignored),
    ];

    /// <summary>Says that responses are not kept.</summary>
    public static Task HandleOne(HttpContext http) => throw new ApiException(
        404,
        "responses are not kept here, only the states behind them: go on from one by naming it as 'previous_response_id'",
        null,
        "response_not_found");

    /// <summary>Answers a request.</summary>
    public async Task Handle(HttpContext http)
    {
        using AdmittedRequest request = await AdmittedRequest.Enter(http, Fields, parts).ConfigureAwait(false);
        (RequestBody body, RequestUse use, _) = request;
        ServedModel model = parts.ModelOf(body, use);
        Check(body);
        string? instructions = body.Text(s_instructions);
        ChatTurns turns = ResponseInput.Read(body.Element(s_input)!.Value, s_input.Name, instructions);
        GenerationOptions options = Options(body, model);
        bool isStored = !body.Has(s_store) || body.Switch(s_store), returnsState = body.Switch(StateFields.Return);
        using CancellationTokenSource hurry = parts.Hurry();
        TextOrder order = TextOrder.OfReply(model.Model, turns, options, Behind(body, model)) with
        {
            Kept = model.Prefixes,
            KeepsState = isStored || returnsState,
            Hurry = hurry.Token,
        };
        use.TokensRead = order.Read.Sum(ids => ids.Length);
        var answer = new ResponseAnswer(model, use, options)
        {
            Instructions = instructions,
            Previous = body.Text(s_previous),
            Format = body.Within(s_text).Element(s_format)?.Clone(),
            Metadata = body.Element(s_metadata)?.Clone(),
            MostTokens = body.Integer(s_tokens),
            IsStored = isStored,
            States = returnsState ? parts.States : null,
        };
        if (body.Switch(s_stream)) await ResponseEvents.Stream(http.Response, answer, order).ConfigureAwait(false);
        else await Whole(http.Response, answer, order).ConfigureAwait(false);
    }

    private static async Task Whole(HttpResponse response, ResponseAnswer answer, TextOrder order)
    {
        WrittenText text = await WrittenText.Write(answer.Use, order, response.HttpContext.RequestAborted).ConfigureAwait(false);
        answer.Keep(text.End);
        await JsonAnswer.Write(response, json => answer.Write(json, text)).ConfigureAwait(false);
    }

    private GenerationOptions Options(RequestBody body, ServedModel model)
    {
        GenerationOptions options = WritingFields.Read(body, model, [s_tokens], parts.Options.MaxTokens);
        options = ResponseFormat.Apply(options, model, body.Within(s_text).Element(s_format), "text.format", isFlat: true);
        WritingFields.Check(model, options, model.Model.Ids.ChatStops);
        return options;
    }

    private WriterState? Behind(RequestBody body, ServedModel model)
    {
        if (body.Text(s_previous) is not { } id) return StateFields.Read(body, parts, model);
        if (body.Has(StateFields.State))
        {
            throw ApiException.Bad("'previous_response_id' and 'state' are given; a reply goes on from one of them", s_previous.Name);
        }

        string shown = id.Length > 100 ? id[..100] + "…" : id;
        return model.Responses.Find(id) ?? throw new ApiException(
            404,
            $"there is no response '{shown}' of '{model.Name}' to go on from: it was not stored, or more than "
                + $"{parts.Options.KeptResponses} were used since, or the server was started anew; send the whole talk",
            s_previous.Name,
            "previous_response_not_found");
    }

    private static void Check(RequestBody body)
    {
        if (body.Switch(s_background)) throw ApiException.Bad("'background' is true, and replies come at once here", s_background.Name);
        if (HasAny(body.Element(s_tools))) throw ApiException.Bad($"'tools' are given, and {NoTools}", s_tools.Name);
        foreach (Field field in (Field[])[s_metadata, s_text])
        {
            if (body.Element(field) is not { } given) continue;
            if (given.ValueKind != JsonValueKind.Object) throw RequestBody.Wrong(given, field.Name, "an object");
            RequestBody.CheckTexts(given, field.Name);
        }

        // These models do not reason apart from their reply, so that there is nothing of it to give.
        if (body.Element(s_include) is not { } include) return;
        if (include.ValueKind != JsonValueKind.Array) throw RequestBody.Wrong(include, s_include.Name, "a list");
        foreach (JsonElement each in include.EnumerateArray())
        {
            if (RequestBody.TextOf(each, s_include.Name) == "reasoning.encrypted_content") continue;
            throw ApiException.Bad("'include' asks for something that responses do not have here", s_include.Name);
        }
    }

    private static bool HasAny(JsonElement? list) =>
        list is { } given && (given.ValueKind != JsonValueKind.Array || given.GetArrayLength() > 0);
}
