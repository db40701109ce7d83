// POST /v1/embeddings: texts as vectors.

using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace GruLM.Server;

/// <summary>Makes vectors of texts. Safe for several threads.</summary>
internal sealed class EmbeddingsEndpoint(ServerParts parts)
{
    /// <summary>So many texts may be asked about at once.</summary>
    public const int MostTexts = 2048;

    private static readonly Field s_input = new("input", FieldKind.Any, "a text, token ids, or a list of either, none of them empty")
    {
        IsNeeded = true,
    };

    private static readonly Field s_format = new("encoding_format", FieldKind.Text, "float, or base64 of little-endian float32");
    private static readonly Field s_dimensions = new("dimensions", FieldKind.Integer, "the model's own number of units", 1, int.MaxValue);

    /// <summary>The fields of a request.</summary>
    public static readonly Field[] Fields = [ModelShelf.Field, s_input, s_format, s_dimensions, Field.Ignored("user")];

    /// <summary>Answers a request.</summary>
    public async Task Handle(HttpContext http)
    {
        using AdmittedRequest request = await AdmittedRequest.Enter(http, Fields, parts).ConfigureAwait(false);
        (RequestBody body, RequestUse use, CancellationToken cancel) = request;
        ServedModel model = parts.ModelOf(body, use);
        string format = body.Text(s_format) ?? "float";
        if (format is not ("float" or "base64")) throw ApiException.Bad("'encoding_format' is neither float nor base64", s_format.Name);
        int units = model.Model.Config.HiddenDim;
        if (body.Integer(s_dimensions) is { } asked && asked != units)
        {
            throw ApiException.Bad($"'dimensions' is {asked}; this model's vectors have {units}", s_dimensions.Name);
        }

        IReadOnlyList<CompletionPrompt> texts = CompletionPrompt.Read(body, s_input, model, MostTexts, cancel);
        if (texts.Any(text => text.Ids.Length == 0)) throw ApiException.Bad("'input' holds an empty text", s_input.Name);
        using var generator = new GruEmbeddingGenerator(model.Model);
        GeneratedEmbeddings<Embedding<float>> made =
            await generator.GenerateAsync(texts.Select(text => text.Text), null, cancel).ConfigureAwait(false);
        int tokens = texts.Sum(text => text.Ids.Length);
        use.TokensRead = tokens;
        await JsonAnswer.Write(http.Response, json => Write(json, model, made, format == "base64", tokens)).ConfigureAwait(false);
    }

    private static void Write(
        Utf8JsonWriter json, ServedModel model, IReadOnlyList<Embedding<float>> made, bool isBase64, int tokens)
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach ((int index, Embedding<float> embedding) in made.Index())
        {
            json.WriteStartObject();
            json.WriteString("object", "embedding");
            json.WriteNumber("index", index);
            json.WritePropertyName("embedding");
            WriteVector(json, embedding.Vector.Span, isBase64);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("model", model.Name);
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", tokens);
        json.WriteNumber("total_tokens", tokens);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteVector(Utf8JsonWriter json, ReadOnlySpan<float> vector, bool isBase64)
    {
        if (isBase64)
        {
            json.WriteBase64StringValue(MemoryMarshal.AsBytes(vector));
            return;
        }

        WriteNumbers(json, vector);
    }

    /// <summary>Writes a vector as a list of numbers.</summary>
    public static void WriteNumbers(Utf8JsonWriter json, ReadOnlySpan<float> vector)
    {
        json.WriteStartArray();
        foreach (float number in vector) json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
