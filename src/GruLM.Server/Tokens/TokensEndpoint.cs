// POST /tokenize and /detokenize: a text as tokens, and tokens as text. The text is taken as it is; prompts are cleaned before they are
// read, so that line ends may differ there.

using System.Text.Json;
using GruLM.Tokenization;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Encodes and decodes. Safe for several threads.</summary>
internal sealed class TokensEndpoint(ServerParts parts)
{
    private static readonly Field s_text = new("text", FieldKind.Text, "the text") { IsNeeded = true };
    private static readonly Field s_offsets = new("offsets", FieldKind.Switch, "tell where tokens begin and end, in bytes of UTF-8");
    private static readonly Field s_ids = new("ids", FieldKind.List, "the token ids") { IsNeeded = true };

    /// <summary>The fields of a request for tokens.</summary>
    public static readonly Field[] TextFields = [ModelShelf.Field, s_text, s_offsets];

    /// <summary>The fields of a request for text.</summary>
    public static readonly Field[] IdFields = [ModelShelf.Field, s_ids];

    /// <summary>Answers with the tokens of a text.</summary>
    public async Task HandleText(HttpContext http)
    {
        using AdmittedRequest request = await AdmittedRequest.Enter(http, TextFields, parts).ConfigureAwait(false);
        RequestBody body = request.Body;
        ServedModel model = parts.Shelf.Of(body);
        bool tellsOffsets = body.Switch(s_offsets);
        List<EncodedPiece> pieces = model.Model.Tokenizer.EncodePieces(body.Text(s_text)!);
        await JsonAnswer.Write(http.Response, json => Write(json, model, pieces, tellsOffsets)).ConfigureAwait(false);
    }

    /// <summary>Answers with the text of tokens.</summary>
    public async Task HandleIds(HttpContext http)
    {
        using AdmittedRequest request = await AdmittedRequest.Enter(http, IdFields, parts).ConfigureAwait(false);
        RequestBody body = request.Body;
        ServedModel model = parts.Shelf.Of(body);
        JsonElement given = body.Element(s_ids)!.Value;
        if (given.ValueKind != JsonValueKind.Array) throw RequestBody.Wrong(given, s_ids.Name, "a list of token ids");
        var prompt = CompletionPrompt.OfIds(given, s_ids, model);
        await JsonAnswer.Write(http.Response, json =>
        {
            json.WriteStartObject();
            json.WriteString("model", model.Name);
            json.WriteString("text", prompt.Text);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static void Write(Utf8JsonWriter json, ServedModel model, List<EncodedPiece> pieces, bool tellsOffsets)
    {
        json.WriteStartObject();
        json.WriteString("model", model.Name);
        WriteNumbers(json, "ids", pieces.Select(piece => piece.Id));
        json.WriteStartArray("pieces");
        foreach (EncodedPiece piece in pieces) json.WriteStringValue(piece.Text);
        json.WriteEndArray();
        if (tellsOffsets)
        {
            WriteNumbers(json, "begin", pieces.Select(piece => piece.Begin));
            WriteNumbers(json, "end", pieces.Select(piece => piece.End));
        }

        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<int> numbers)
    {
        json.WriteStartArray(name);
        foreach (int number in numbers) json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
