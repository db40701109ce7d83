// A text that was asked for as a whole, and how requests for several texts behind one prompt become orders.

using System.Text;

namespace GruLM.Server;

/// <summary>A text with all that is known of it. Immutable.</summary>
/// <param name="Text">The text.</param>
/// <param name="Choices">Its tokens, where they are wanted.</param>
/// <param name="End">How it ended.</param>
internal sealed record WrittenText(string Text, IReadOnlyList<TokenChoice> Choices, TextEnd End)
{
    /// <summary>Writes a text of a request.</summary>
    public static async Task<WrittenText> Write(RequestUse use, TextOrder order, CancellationToken cancel)
    {
        var text = new StringBuilder();
        var choices = new List<TokenChoice>();
        TextEnd? end = null;
        await foreach (TextPart part in use.Write(order, cancel).ConfigureAwait(false))
        {
            text.Append(part.Text);
            choices.AddRange(part.Choices);
            end = part.End;
        }

        return new WrittenText(text.ToString(), choices, end!);
    }

    /// <summary>The orders of several texts behind one prompt, which is read once; each has a seed one more than that before it.</summary>
    public static async Task<IReadOnlyList<TextOrder>> Several(RequestUse use, TextOrder order, int count, CancellationToken cancel)
    {
        if (count == 1) return [order];
        TextOrder behind = order.ScoresPrompt ? order : await ReadOnce(use, order, cancel).ConfigureAwait(false);
        return [.. Enumerable.Range(0, count).Select(number => behind with { Options = Reseeded(order.Options, number) })];
    }

    private static GenerationOptions Reseeded(GenerationOptions options, int number) =>
        options with { Sampling = options.Sampling! with { Seed = options.Sampling.Seed + (ulong)number } };

    // All but the last token, whose scores each text needs for itself.
    private static async Task<TextOrder> ReadOnce(RequestUse use, TextOrder order, CancellationToken cancel)
    {
        int[] last = order.Read[^1];
        TextOrder reading = order with
        {
            Options = new GenerationOptions { MaxTokens = 0, Sampling = order.Options.Sampling },
            Read = [.. order.Read.SkipLast(1), last[..^1]],
            IsReply = false,
            KeepsState = true,
        };
        WrittenText read = await Write(use, reading, cancel).ConfigureAwait(false);
        return read.End.State is null ? order : order with { Behind = read.End.State, Read = [[last[^1]]], Kept = null };
    }
}
