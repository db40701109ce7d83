// POST /v1/completions: texts behind prompts.

using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Continues prompts. Safe for several threads.</summary>
internal sealed class CompletionsEndpoint(ServerParts parts)
{
    private const int MostTexts = 128;

    private static readonly Field s_prompt = new("prompt", FieldKind.Any, "a text, token ids, or a list of either, to go on behind");
    private static readonly Field s_tokens = WritingFields.Tokens("max_tokens");
    private static readonly Field s_n = new("n", FieldKind.Integer, "texts for each prompt", 1, MostTexts);
    private static readonly Field s_bestOf = new(
        "best_of", FieldKind.Integer, "texts written, of which the n likeliest are given", 1, MostTexts);

    private static readonly Field s_echo = new("echo", FieldKind.Switch, "give the prompt before the text");
    private static readonly Field s_logProbs = new(
        "logprobs", FieldKind.Integer, "tell tokens with so many alternatives", 0, WritingFields.MostAlternatives);
    private static readonly Field s_suffix = new("suffix", FieldKind.Text, "not supported: models of this kind read forwards");

    /// <summary>The fields of a request.</summary>
    public static readonly Field[] Fields =
    [
        ModelShelf.Field, s_prompt, s_tokens, s_n, s_bestOf, s_echo, s_logProbs,
        .. StreamFields.All, .. WritingFields.All, .. StateFields.All,
        s_suffix, Field.Ignored("user"),
    ];

    /// <summary>Answers a request.</summary>
    public async Task Handle(HttpContext http)
    {
        using AdmittedRequest request = await AdmittedRequest.Enter(http, Fields, parts).ConfigureAwait(false);
        (RequestBody body, RequestUse use, CancellationToken cancel) = request;
        ServedModel model = parts.ModelOf(body, use);
        int count = (int)(body.Integer(s_n) ?? 1), written = (int)(body.Integer(s_bestOf) ?? count);
        bool echoes = body.Switch(s_echo), isStream = StreamFields.IsStream(body);
        int? logProbs = (int?)body.Integer(s_logProbs);
        Check(body, count, written, isStream && echoes && logProbs is not null, isStream);
        IReadOnlyList<CompletionPrompt> prompts = CompletionPrompt.Read(body, s_prompt, model, MostTexts / written, cancel);
        GenerationOptions options = WritingFields.Read(body, model, [s_tokens], parts.Options.MaxTokens);
        options = options with { LogProbs = written > count ? logProbs ?? 0 : logProbs };
        WritingFields.Check(model, options, model.Model.Ids.Stops);
        using CancellationTokenSource hurry = parts.Hurry();
        var answer = new CompletionAnswer(model, prompts, count, StreamFields.IncludesUsage(body))
        {
            Echoes = echoes,
            TellsTokens = logProbs is not null,
            States = body.Switch(StateFields.Return) ? parts.States : null,
        };
        var orders = new List<IReadOnlyList<TextOrder>>();
        WriterState? behind = StateFields.Read(body, parts, model);
        foreach (CompletionPrompt prompt in prompts)
        {
            TextOrder order = Order(model, prompt, options, behind) with
            {
                ScoresPrompt = echoes && logProbs is not null,
                KeepsState = answer.States is not null,
                Hurry = hurry.Token,
            };
            orders.Add(await WrittenText.Several(use, order, written, cancel).ConfigureAwait(false));
        }

        if (isStream) await AnswerTexts.Stream(http.Response, answer, [.. orders.SelectMany(each => each)]).ConfigureAwait(false);
        else await AnswerTexts.Whole(http.Response, answer, orders, count).ConfigureAwait(false);
    }

    private static void Check(RequestBody body, int count, int written, bool streamsEcho, bool isStream)
    {
        if (written < count) throw ApiException.Bad($"'best_of' is {written}; it must be at least 'n', which is {count}", s_bestOf.Name);
        if (isStream && written > count)
        {
            throw ApiException.Bad(
                "'best_of' above 'n' compares whole texts, which 'stream' does not wait for; leave one out", s_bestOf.Name);
        }

        if (streamsEcho) throw ApiException.Bad("'echo' with 'logprobs' is given as a whole; leave 'stream' out", s_echo.Name);
        if (body.Text(s_suffix) is not { Length: > 0 }) return;
        throw ApiException.Bad("'suffix' is given, and these models read forwards only", s_suffix.Name);
    }

    // What opens a text stands apart, since it is not scored.
    private static TextOrder Order(ServedModel model, CompletionPrompt prompt, GenerationOptions options, WriterState? behind)
    {
        int[] read = prompt.ToRead(model, begins: behind is null);
        bool isOpened = read.Length > prompt.Ids.Length && prompt.Ids.Length > 0;
        return new TextOrder
        {
            Options = options,
            Behind = behind,
            Read = isOpened ? [read[..^prompt.Ids.Length], prompt.Ids] : [read],
            Stops = model.Model.Ids.Stops,
        };
    }
}
