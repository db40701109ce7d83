// The prompts of /v1/completions: a text, token ids, or several of either.

using System.Text.Json;
using GruLM.Corpus;

namespace GruLM.Server;

/// <summary>A prompt. Immutable.</summary>
/// <param name="Text">Its text, as it is echoed.</param>
/// <param name="Ids">Its tokens.</param>
internal sealed record CompletionPrompt(string Text, int[] Ids)
{
    /// <summary>Reads the prompts of a request; one that is empty, where none is given.</summary>
    /// <exception cref="ApiException">They are no prompts, or more than <paramref name="most"/>.</exception>
    public static IReadOnlyList<CompletionPrompt> Read(RequestBody body, Field field, ServedModel model, int most, CancellationToken cancel)
    {
        if (body.Element(field) is not { } given) return [new CompletionPrompt("", [])];
        if (given.ValueKind != JsonValueKind.Array) return [OfText(given, field, model, cancel)];
        JsonElement[] elements = [.. given.EnumerateArray()];
        if (elements.Length == 0) throw ApiException.Bad($"'{field.Name}' is an empty list; a text or token ids were expected", field.Name);
        if (elements[0].ValueKind == JsonValueKind.Number) return [OfIds(given, field, model)];
        if (elements.Length > most) throw ApiException.Bad($"'{field.Name}' has {elements.Length} prompts; at most {most} fit", field.Name);
        return [.. elements.Select(element => element.ValueKind == JsonValueKind.Array
            ? OfIds(element, field, model)
            : OfText(element, field, model, cancel))];
    }

    /// <summary>What the model reads: with what stands before texts, unless it goes on from a state or begins with that itself.</summary>
    public int[] ToRead(ServedModel model, bool begins)
    {
        int opening = model.Model.Ids.Opening;
        if (!begins) return Ids;
        if (opening < 0) return Ids.Length > 0 ? Ids : [model.Model.Ids.First];
        return Ids is [var first, ..] && first == opening ? Ids : [opening, .. Ids];
    }

    private static CompletionPrompt OfText(JsonElement element, Field field, ServedModel model, CancellationToken cancel)
    {
        string text = RequestBody.TextOf(element, field.Name);
        return new CompletionPrompt(text, model.Model.Tokenizer.Encode(TextCorpus.Clean(text), cancel));
    }

    /// <summary>The prompt of token ids.</summary>
    /// <exception cref="ApiException">One is none.</exception>
    public static CompletionPrompt OfIds(JsonElement list, Field field, ServedModel model)
    {
        int vocab = model.Model.Config.VocabSize;
        int[] ids = [.. list.EnumerateArray().Select(element => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int id)
            && (uint)id < (uint)vocab
                ? id
                : throw ApiException.Bad($"'{field.Name}' holds something that is no token id from 0 to {vocab - 1}", field.Name))];
        return new CompletionPrompt(model.Model.Tokenizer.Decode(ids), ids);
    }
}
