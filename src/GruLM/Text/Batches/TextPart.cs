// What comes of a text in a batch: its parts one after another, the last of which says how it ended.

namespace GruLM;

/// <summary>A part of a text. Immutable.</summary>
/// <param name="Text">The text that is new; empty in the last part.</param>
/// <param name="Choices">The choices of the tokens written since the part before, where the options ask for them. A token whose text comes
/// later, or never, is with the part that comes next.</param>
/// <param name="End">How the text ended; null in all parts but the last.</param>
internal readonly record struct TextPart(string Text, IReadOnlyList<TokenChoice> Choices, TextEnd? End);

/// <summary>How a text ended. Immutable.</summary>
/// <param name="Reason">What ended it; <see cref="FinishReason.Interrupted"/> after <see cref="TextOrder.Hurry"/>.</param>
/// <param name="TokensWritten">Tokens of the text, without one that ended it.</param>
/// <param name="PromptChoices">The scores of what was read, where they are wanted.</param>
/// <param name="State">The state behind it, where it is wanted.</param>
internal sealed record TextEnd(FinishReason Reason, int TokensWritten, IReadOnlyList<TokenChoice> PromptChoices, WriterState? State)
{
    /// <summary>Tokens at the beginning of the prompt that were not read, since the state behind them was kept.</summary>
    public int TokensKept { get; init; }
}
