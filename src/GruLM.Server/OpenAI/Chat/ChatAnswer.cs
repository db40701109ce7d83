// The answer of /v1/chat/completions.

using System.Text.Json;
using GruLM.Generation;
using GruLM.Tokenization;

namespace GruLM.Server;

/// <summary>Writes texts as messages of the assistant.</summary>
internal sealed record ChatAnswer : OpenAIAnswer
{
    /// <summary>The answer to a talk of so many tokens.</summary>
    public ChatAnswer(ServedModel model, int tokens, bool includeUsage)
        : base(model, tokens, includeUsage) => Id = $"chatcmpl-{Guid.NewGuid():N}";

    /// <summary>Whether tokens are told with their log-probabilities.</summary>
    public bool TellsTokens { get; init; }

    /// <inheritdoc/>
    protected override string Whole => "chat.completion";

    /// <inheritdoc/>
    protected override string Chunk => "chat.completion.chunk";

    /// <inheritdoc/>
    protected override void WriteText(Utf8JsonWriter json, int index, WrittenText text)
    {
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        json.WriteString("content", text.Text);
        json.WriteNull("refusal");
        json.WriteEndObject();
        WriteTokens(json, text.Choices);
    }

    /// <inheritdoc/>
    protected override void WriteDelta(Utf8JsonWriter json, int index, TextPart part)
    {
        json.WriteStartObject("delta");
        if (part.End is null) json.WriteString("content", part.Text);
        json.WriteEndObject();
        WriteTokens(json, part.Choices);
    }

    /// <inheritdoc/>
    protected override void WriteBeginning(Utf8JsonWriter json, int index)
    {
        json.WriteStartObject("delta");
        json.WriteString("role", "assistant");
        json.WriteString("content", "");
        json.WriteEndObject();
        json.WriteNull("logprobs");
    }

    private void WriteTokens(Utf8JsonWriter json, IReadOnlyList<TokenChoice> choices)
    {
        if (!TellsTokens)
        {
            json.WriteNull("logprobs");
            return;
        }

        json.WriteStartObject("logprobs");
        json.WriteStartArray("content");
        foreach (TokenChoice choice in choices)
        {
            json.WriteStartObject();
            WriteToken(json, choice.Id, choice.LogProb);
            json.WriteStartArray("top_logprobs");
            foreach (TokenLogProb best in choice.Best)
            {
                json.WriteStartObject();
                WriteToken(json, best.Id, best.LogProb);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNull("refusal");
        json.WriteEndObject();
    }

    private void WriteToken(Utf8JsonWriter json, int id, float logProb)
    {
        Tokenizer tokenizer = Model.Model.Tokenizer;
        json.WriteString("token", TokenTexts.TextOf(tokenizer, id));
        json.WriteNumber("logprob", float.IsFinite(logProb) ? logProb : -9999f);
        json.WriteStartArray("bytes");
        foreach (byte part in TokenTexts.BytesOf(tokenizer, id)) json.WriteNumberValue(part);
        json.WriteEndArray();
    }
}
