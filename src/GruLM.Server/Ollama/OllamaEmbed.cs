// POST /api/embed, and the older /api/embeddings: texts as vectors, as Ollama's clients ask for them. A text of any length is read whole,
// so that there is nothing to truncate.

using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace GruLM.Server;

/// <summary>Makes vectors of texts. Safe for several threads.</summary>
internal sealed class OllamaEmbed(ServerParts parts)
{
    private static readonly Field s_input =
        new("input", FieldKind.Texts, "a text, or a list of texts", 0, EmbeddingsEndpoint.MostTexts) { IsNeeded = true };

    private static readonly Field s_dimensions = new("dimensions", FieldKind.Integer, "the model's own number of units", 0, int.MaxValue);
    private static readonly Field s_prompt = new("prompt", FieldKind.Text, "the text");

    private static readonly Field[] s_shared =
        [ModelShelf.Field, .. new[] { "options", "keep_alive", "truncate" }.Select(Field.Ignored), OllamaRequest.Headers];

    /// <summary>The fields of a request.</summary>
    public static readonly Field[] Fields = [s_input, s_dimensions, .. s_shared];

    /// <summary>The fields of an older request.</summary>
    public static readonly Field[] OldFields = [s_prompt, .. s_shared];

    /// <summary>Answers a request.</summary>
    public async Task Handle(HttpContext http)
    {
        using AdmittedRequest request = await AdmittedRequest.Enter(http, Fields, parts).ConfigureAwait(false);
        (RequestBody body, RequestUse use, CancellationToken cancel) = request;
        ServedModel model = use.Model = OllamaRequest.ModelOf(body.Text(ModelShelf.Field), parts);
        int units = model.Model.Config.HiddenDim;
        if (body.Integer(s_dimensions) is { } asked and not 0 && asked != units)
        {
            throw ApiException.Bad($"'{s_dimensions.Name}' is {asked}; this model's vectors have {units}", s_dimensions.Name);
        }

        bool isNothing = body.Element(s_input) is { ValueKind: JsonValueKind.String } given && given.GetRawText().Length == 2;
        long begun = Stopwatch.GetTimestamp();
        IReadOnlyList<string> texts = isNothing ? [] : body.Texts(s_input);
        GeneratedEmbeddings<Embedding<float>> made = await Make(model, use, texts, cancel).ConfigureAwait(false);
        string name = body.Text(ModelShelf.Field) ?? OllamaRequest.NameOf(model);
        await JsonAnswer.Write(http.Response, json =>
        {
            json.WriteStartObject();
            json.WriteString("model", name);
            json.WriteStartArray("embeddings");
            foreach (Embedding<float> each in made) EmbeddingsEndpoint.WriteNumbers(json, each.Vector.Span);
            json.WriteEndArray();
            OllamaAnswer.WriteTime(json, "total_duration", use.Started, Stopwatch.GetTimestamp());
            OllamaAnswer.WriteTime(json, "load_duration", use.Started, begun);
            json.WriteNumber("prompt_eval_count", use.TokensRead);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>Answers an older request, which has one text.</summary>
    public async Task HandleOld(HttpContext http)
    {
        using AdmittedRequest request = await AdmittedRequest.Enter(http, OldFields, parts).ConfigureAwait(false);
        (RequestBody body, RequestUse use, CancellationToken cancel) = request;
        ServedModel model = use.Model = OllamaRequest.ModelOf(body.Text(ModelShelf.Field), parts);
        IReadOnlyList<string> texts = body.Text(s_prompt) is { Length: > 0 } prompt ? [prompt] : [];
        GeneratedEmbeddings<Embedding<float>> made = await Make(model, use, texts, cancel).ConfigureAwait(false);
        await JsonAnswer.Write(http.Response, json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("embedding");
            EmbeddingsEndpoint.WriteNumbers(json, made.Count > 0 ? made[0].Vector.Span : []);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static async Task<GeneratedEmbeddings<Embedding<float>>> Make(
        ServedModel model, RequestUse use, IReadOnlyList<string> texts, CancellationToken cancel)
    {
        using var generator = new GruEmbeddingGenerator(model.Model);
        GeneratedEmbeddings<Embedding<float>> made = await generator.GenerateAsync(texts, null, cancel).ConfigureAwait(false);
        use.TokensRead = made.Usage?.InputTokenCount ?? 0;
        return made;
    }
}
