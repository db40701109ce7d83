// The answer of /v1/completions.

using System.Text.Json;
using GruLM.Tokenization;

namespace GruLM.Server;

/// <summary>Writes texts as completions.</summary>
internal sealed record CompletionAnswer : OpenAIAnswer
{
    // What each choice has shown so far, in characters of its tokens.
    private readonly int[] _offsets;

    /// <summary>The answer to <paramref name="prompts"/>, each of which has <paramref name="each"/> texts.</summary>
    public CompletionAnswer(ServedModel model, IReadOnlyList<CompletionPrompt> prompts, int each, bool includeUsage)
        : base(model, prompts.Sum(prompt => prompt.Ids.Length), includeUsage)
    {
        (Prompts, Each, Id) = (prompts, each, $"cmpl-{Guid.NewGuid():N}");
        _offsets = new int[prompts.Count * each];
    }

    /// <summary>The prompts.</summary>
    public IReadOnlyList<CompletionPrompt> Prompts { get; }

    /// <summary>Texts of each.</summary>
    public int Each { get; }

    /// <summary>Whether the prompt stands before the text.</summary>
    public bool Echoes { get; init; }

    /// <summary>Whether tokens are told with their log-probabilities.</summary>
    public bool TellsTokens { get; init; }

    /// <inheritdoc/>
    protected override string Whole => "text_completion";

    /// <inheritdoc/>
    protected override string Chunk => "text_completion";

    /// <inheritdoc/>
    protected override void WriteText(Utf8JsonWriter json, int index, WrittenText text)
    {
        CompletionPrompt prompt = Prompts[index / Each];
        json.WriteString("text", Echoes ? prompt.Text + text.Text : text.Text);
        WriteTokens(json, index, text.Choices, Echoes ? (prompt, text.End.PromptChoices) : null);
    }

    /// <inheritdoc/>
    protected override void WriteDelta(Utf8JsonWriter json, int index, TextPart part)
    {
        json.WriteString("text", part.Text);
        if (part.Text.Length > 0 || part.Choices.Count > 0) WriteTokens(json, index, part.Choices, null);
        else json.WriteNull("logprobs");
    }

    /// <inheritdoc/>
    protected override void WriteBeginning(Utf8JsonWriter json, int index)
    {
        json.WriteString("text", Echoes ? Prompts[index / Each].Text : "");
        json.WriteNull("logprobs");
    }

    private void WriteTokens(
        Utf8JsonWriter json,
        int index,
        IReadOnlyList<TokenChoice> choices,
        (CompletionPrompt Prompt, IReadOnlyList<TokenChoice> Choices)? echo)
    {
        if (!TellsTokens)
        {
            json.WriteNull("logprobs");
            return;
        }

        Tokenizer tokenizer = Model.Model.Tokenizer;
        var told = new List<(int Id, TokenChoice? Choice)>();
        if (echo is { } read)
        {
            told.AddRange(read.Prompt.Ids.Select((id, i) => (id, i == 0 ? null : read.Choices.ElementAtOrDefault(i - 1))));
        }

        told.AddRange(choices.Select(choice => (choice.Id, (TokenChoice?)choice)));
        json.WriteStartObject("logprobs");
        json.WriteStartArray("tokens");
        foreach ((int id, _) in told) json.WriteStringValue(TokenTexts.TextOf(tokenizer, id));
        json.WriteEndArray();
        json.WriteStartArray("token_logprobs");
        foreach ((_, TokenChoice? choice) in told) WriteNumber(json, choice?.LogProb);
        json.WriteEndArray();
        json.WriteStartArray("top_logprobs");
        foreach ((_, TokenChoice? choice) in told) WriteBest(json, tokenizer, choice);
        json.WriteEndArray();
        json.WriteStartArray("text_offset");
        foreach ((int id, _) in told)
        {
            json.WriteNumberValue(_offsets[index]);
            _offsets[index] += TokenTexts.TextOf(tokenizer, id).Length;
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteBest(Utf8JsonWriter json, Tokenizer tokenizer, TokenChoice? choice)
    {
        if (choice is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        foreach ((string token, float logProb) in choice.Best.Select(best => (TokenTexts.TextOf(tokenizer, best.Id), best.LogProb))
            .DistinctBy(best => best.Item1))
        {
            json.WritePropertyName(token);
            WriteNumber(json, logProb);
        }

        json.WriteEndObject();
    }

    // What cannot be has no number in JSON; the least that a client may add up stands for it.
    private static void WriteNumber(Utf8JsonWriter json, float? logProb)
    {
        if (logProb is { } number) json.WriteNumberValue(float.IsFinite(number) ? number : -9999f);
        else json.WriteNullValue();
    }
}
