// The options of Microsoft.Extensions.AI as those of this library. What is not said is the model's own; what the model cannot do is an
// error, rather than a reply that is not what was asked for.

using GruLM.Generation;
using Microsoft.Extensions.AI;

namespace GruLM;

/// <summary>Translates options. Safe for several threads.</summary>
internal static class ChatRequest
{
    /// <summary>How a reply is written.</summary>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    /// <exception cref="NotSupportedException">The model cannot do what is asked for.</exception>
    public static GenerationOptions Options(LanguageModel model, ChatOptions? options)
    {
        var plain = new GenerationOptions();
        if (options is null) return plain;
        if (options.Tools is { Count: > 0 }) throw new NotSupportedException("'Tools' are given, and this model calls none");
        SamplingOptions own = model.Defaults.ToSampling();
        GenerationOptions generation = plain with
        {
            MaxTokens = options.MaxOutputTokens ?? plain.MaxTokens,
            Stop = options.StopSequences is { } stop ? [.. stop] : [],
            Sampling = own with
            {
                Temperature = options.Temperature ?? own.Temperature,
                TopK = options.TopK ?? own.TopK,
                TopP = options.TopP ?? own.TopP,
                FrequencyPenalty = options.FrequencyPenalty ?? own.FrequencyPenalty,
                PresencePenalty = options.PresencePenalty ?? own.PresencePenalty,
                Seed = unchecked((ulong)(options.Seed ?? 0)),
            },
        };
        generation = WithFormat(generation, options.ResponseFormat);
        model.Check(generation);
        return generation;
    }

    // The one place where a schema is passed on: once texts can be constrained, it becomes the constraint of the options.
    private static GenerationOptions WithFormat(GenerationOptions generation, ChatResponseFormat? format) => format switch
    {
        null or ChatResponseFormatText => generation,
        ChatResponseFormatJson { Schema: not null } =>
            throw new NotSupportedException("'ResponseFormat' has a schema, which is not followed yet; leave it out for text"),
        _ => throw new NotSupportedException("'ResponseFormat' asks for JSON, which is not written yet; leave it out for text"),
    };
}
