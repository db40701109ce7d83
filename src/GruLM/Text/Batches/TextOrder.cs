// What a text in a batch is to be: what the model reads first, how it writes, and what is wanted besides the text.

namespace GruLM;

/// <summary>An order for a text. Immutable as long as its lists are.</summary>
internal sealed record TextOrder
{
    /// <summary>How it is written; valid options.</summary>
    public required GenerationOptions Options { get; init; }

    /// <summary>Where the text goes on from; null: from nothing.</summary>
    public WriterState? Behind { get; init; }

    /// <summary>Tokens that are read first, in parts behind each of which the state may be kept in <see cref="Kept"/>.</summary>
    public IReadOnlyList<int[]> Read { get; init; } = [];

    /// <summary>Tokens that end it.</summary>
    public required int[] Stops { get; init; }

    /// <summary>Texts that end it, besides those of the options.</summary>
    public string[] StopTexts { get; init; } = [];

    /// <summary>Whether it is a reply in a chat: the space behind the marker is not given out, and what stands between a reply and the next
    /// prompt is read at its end.</summary>
    public bool IsReply { get; init; }

    /// <summary>Whether the tokens of the last part that is read are scored, the first of them excepted, which nothing of the text
    /// precedes.</summary>
    public bool ScoresPrompt { get; init; }

    /// <summary>Whether the state behind the text is wanted.</summary>
    public bool KeepsState { get; init; }

    /// <summary>Where states behind parts of prompts are kept, for others that begin alike; null: nowhere.</summary>
    public PrefixStates? Kept { get; init; }

    /// <summary>Ends the text where it stands, as if its length had been reached.</summary>
    public CancellationToken Hurry { get; init; }

    /// <summary>The order for a reply in a talk, which goes on from <paramref name="behind"/> where that is not null.</summary>
    public static TextOrder OfReply(LanguageModel model, ChatTurns turns, GenerationOptions options, WriterState? behind) => new()
    {
        Options = options,
        Behind = behind,
        Read = ChatPrompt.Parts(model, turns, begins: behind is null, isFree: options.Constraint is null),
        Stops = model.Ids.ChatStops,
        StopTexts = model.Ids.ChatStopTexts,
        IsReply = true,
        KeepsState = true,
    };
}
