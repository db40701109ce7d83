// The tokens of a talk: what was said and answered before, and what is to be answered, as they stood in training.

using GruLM.Corpus;

namespace GruLM;

/// <summary>Puts talks into tokens. Safe for several threads.</summary>
internal static class ChatPrompt
{
    /// <summary>What is read before the reply, in parts that end where turns do. <paramref name="begins"/>: nothing was read before;
    /// <paramref name="isFree"/>: the reply is under no constraint.</summary>
    public static IReadOnlyList<int[]> Parts(LanguageModel model, ChatTurns turns, bool begins, bool isFree)
    {
        List<int[]> parts = [.. turns.Before.Select(turn => Exchange(model, turn.Message, turn.Answer)), Turn(model, turns.Asked, isFree)];
        if (begins && model.Ids.Opening >= 0) parts[0] = [model.Ids.Opening, .. parts[0]];
        return parts;
    }

    /// <summary>A turn with an answer that was given to it elsewhere.</summary>
    public static int[] Exchange(LanguageModel model, string message, string answer)
    {
        string exchange = model.Defaults.Chat.Exchange(TextCorpus.Clean(message), TextCorpus.Clean(answer));
        return [.. model.Tokenizer.Encode(exchange), .. model.Ids.AfterReply(-1)];
    }

    /// <summary>A turn up to the reply. It is cleaned as all text is that is learned from, and then has line ends as prompts of records
    /// have them. Under a constraint the space behind the marker is not the model's to write, and one that it writes is its
    /// answer's.</summary>
    public static int[] Turn(LanguageModel model, string message, bool isFree) =>
        model.Tokenizer.Encode(model.Defaults.Chat.Turn(TextCorpus.Clean(message)) + (isFree ? "" : " "), CancellationToken.None);
}
