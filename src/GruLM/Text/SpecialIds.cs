// The token ids that have a meaning for a model: what stands before a text, what ends one or a reply, what is never written.

using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>A model's special ids. Immutable.</summary>
internal sealed class SpecialIds
{
    /// <summary>Throws <see cref="ArgumentException"/> when samples are lines and the tokenizer has nothing that ends one.</summary>
    public SpecialIds(Tokenizer tokenizer, SampleKind samples, GenerationConfig defaults)
    {
        Stops = IdsOf(tokenizer, defaults.StopTokens);
        ChatStops = [.. Stops, .. IdsOf(tokenizer, defaults.ChatStopTokens)];
        bool lines = samples == SampleKind.Lines;
        Opening = lines ? TokenizedText.LineBegin(tokenizer) : StreamOpening(tokenizer);
        ReplyEnd = lines ? TokenizedText.LineEnd(tokenizer) : ChatStops.LastOrDefault(-1);
        Never = [.. new[] { tokenizer.UnkId, tokenizer.BosId, tokenizer.PadId }.Where(id => id >= 0)];
    }

    /// <summary>Ids that end a text.</summary>
    public int[] Stops { get; }

    /// <summary>Ids that end a reply.</summary>
    public int[] ChatStops { get; }

    /// <summary>The id read before a text: bos for lines, a new line in a stream.</summary>
    public int Opening { get; }

    /// <summary>The id that ended replies in training: that of the end of a line sample; in a stream, a new line. −1: none.</summary>
    public int ReplyEnd { get; }

    /// <summary>Ids that are never generated: unknown, beginning of text, padding.</summary>
    public int[] Never { get; }

    // A new line, after which any text may begin; where the tokenizer has no piece for it, what marks the beginning or end of a text.
    private static int StreamOpening(Tokenizer tokenizer) =>
        tokenizer.TryGetId("\n", out int newLine) && newLine != tokenizer.UnkId
            ? newLine
            : Math.Max(Math.Max(tokenizer.BosId, tokenizer.EosId), 0);

    private static int[] IdsOf(Tokenizer tokenizer, IEnumerable<string> pieces) =>
        [.. pieces.Select(p => tokenizer.TryGetId(p, out int id) ? id : -1).Where(id => id >= 0 && id != tokenizer.UnkId)];
}
