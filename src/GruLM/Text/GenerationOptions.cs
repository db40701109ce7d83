// What generating a text can be told: how long it may get, where it ends, how tokens are chosen.

using GruLM.Generation;

namespace GruLM;

/// <summary>How a text is generated. Immutable, and safe for several threads as long as the lists in it are not changed.</summary>
public sealed record GenerationOptions
{
    /// <summary>Sampling settings; null takes the model's own, whose seed is 0. <see cref="SamplingOptions.Seed"/> is 0 unless it is set:
    /// the same prompt gives the same text each time. Another seed gives another text.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>Tokens generated at most; 0 or more.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Strings that end the text, none of them empty; they are not part of it.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Goes on where the model would end the text.</summary>
    public bool IgnoreEos { get; init; }

    /// <summary>For each token that is written, how likely it was, and so many of the likeliest; null: this is not told. It is told in two
    /// places: <see cref="TextSession.Choices"/> after <see cref="TextSession.Write"/>, and <see cref="Completion.Choices"/> of
    /// <see cref="LanguageModel.Complete"/>. <see cref="LanguageModel.Generate"/>, <see cref="LanguageModel.GenerateAsync"/>,
    /// <see cref="LanguageModel.Search"/> and chats give the text alone.</summary>
    public int? LogProbs { get; init; }

    /// <summary>What the text must be; null: anything. With enough tokens it always is that, whatever the model: as they run out, only
    /// those are written behind which it can still be made whole.</summary>
    public TextConstraint? Constraint { get; init; }

    /// <summary>Throws <see cref="ArgumentException"/>, naming the property and what it may be, when one makes no sense.</summary>
    public void Validate()
    {
        if (MaxTokens < 0) throw new ArgumentException($"'MaxTokens' is {MaxTokens}; it must be 0 or more");
        if (Stop is null) throw new ArgumentException("'Stop' is null; an empty list stops at no text");
        if (Stop.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("'Stop' holds an empty text, which would end every text before its first character; leave it out");
        }

        if (LogProbs < 0) throw new ArgumentException($"'LogProbs' is {LogProbs}; it must be 0 or more");
        Sampling?.Validate();
    }
}
