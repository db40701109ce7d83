// The options of Microsoft.Extensions.AI as those of this library. What is not said is the model's own; what the model cannot do is an
// error, rather than a reply that is not what was asked for.

using GruLM.Generation;
using Microsoft.Extensions.AI;

namespace GruLM;

/// <summary>Translates options. Safe for several threads.</summary>
internal static class ChatRequest
{
    private const string AnyObject = """{"type":"object"}""";

    /// <summary>How a reply is written.</summary>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    /// <exception cref="NotSupportedException">The model cannot do what is asked for.</exception>
    public static GenerationOptions Options(LanguageModel model, ChatOptions? options, KeptConstraint kept)
    {
        var plain = new GenerationOptions();
        if (options is null) return plain;
        if (options.Tools is { Count: > 0 }) throw new NotSupportedException("'Tools' are given, and this model calls none");
        SamplingOptions own = model.Defaults.ToSampling();
        GenerationOptions generation = plain with
        {
            MaxTokens = options.MaxOutputTokens ?? plain.MaxTokens,
            Constraint = Constraint(options.ResponseFormat, kept),
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
        try
        {
            model.Check(generation);
        }
        catch (ArgumentException error)
        {
            string message = error.Message.Replace("'MaxTokens'", "'MaxOutputTokens'", StringComparison.Ordinal);
            throw new ArgumentException(message.Replace("'Stop'", "'StopSequences'", StringComparison.Ordinal), error);
        }

        return generation;
    }

    // The constraint that a response's format asks for; null where any text will do.
    private static TextConstraint? Constraint(ChatResponseFormat? format, KeptConstraint kept) => format switch
    {
        null or ChatResponseFormatText => null,
        ChatResponseFormatJson json => kept.JsonSchema(json.Schema is { } schema ? schema.GetRawText() : AnyObject),
        _ => throw new NotSupportedException($"'ResponseFormat' is a {format.GetType().Name}; text and JSON can be written"),
    };
}
