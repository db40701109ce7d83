// The token ids that have a meaning for a model: what stands before a text, what ends one or a reply, what is never written.

using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>A model's special ids. Immutable.</summary>
internal sealed class SpecialIds
{
    private readonly int _prompt;

    /// <summary>Throws <see cref="ArgumentException"/> when samples are lines and the tokenizer has nothing that ends one.</summary>
    public SpecialIds(Tokenizer tokenizer, SampleKind samples, GenerationConfig defaults, bool opens = true)
    {
        Stops = IdsOf(tokenizer, defaults.StopTokens);
        string[] markers = [ChatTemplate.EndMarker, defaults.Chat.Prompt];
        ChatStops = [.. Stops, .. IdsOf(tokenizer, [.. defaults.ChatStopTokens, .. markers])];
        ChatStopTexts = [.. markers.Where(marker => marker.Length > 0 && IdsOf(tokenizer, [marker]).Length == 0)];
        _prompt = IdsOf(tokenizer, [defaults.Chat.Prompt]) is [int prompt] ? prompt : -1;
        bool lines = samples == SampleKind.Lines;
        Beginning = Math.Max(Math.Max(tokenizer.BosId, tokenizer.EosId), 0);
        Opening = !opens ? -1 : lines ? TokenizedText.LineBegin(tokenizer) : StreamOpening(tokenizer);
        TurnEnd = defaults.Chat.TurnEnd is { } told
            ? [.. told.SelectMany(text => IdsOf(tokenizer, [text]) is [int id] ? [id] : tokenizer.Encode(text))]
            : !opens ? []
            : lines ? [TokenizedText.LineEnd(tokenizer), Opening] : StreamTurnEnd(tokenizer, defaults, Opening);
        Never = [.. new[] { tokenizer.UnkId, tokenizer.BosId, tokenizer.PadId }.Where(id => id >= 0)];
    }

    /// <summary>The ids of a folder's model.</summary>
    /// <exception cref="InvalidDataException">The files do not belong together.</exception>
    public static SpecialIds Of(ModelParts parts)
    {
        try
        {
            return new SpecialIds(parts.Tokenizer, parts.Samples, parts.Defaults, parts.Parameters.Config.Opening);
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException(
                $"{Path.Combine(parts.Folder, ModelFile.ConfigName)}: says that the model was trained on lines, but "
                + $"{ModelFolder.TokenizerName} has neither a piece {ChatTemplate.EndMarker} nor one that ends a sentence; "
                + "the files do not belong together",
                error);
        }
    }

    /// <summary>Ids that end a text.</summary>
    public int[] Stops { get; }

    /// <summary>Ids that end a reply. The prompt's marker is one of them: a model that writes it speaks for the other side.</summary>
    public int[] ChatStops { get; }

    /// <summary>Texts that end a reply: the markers that would, where the tokenizer has no pieces for them.</summary>
    public string[] ChatStopTexts { get; }

    /// <summary>The id read before a text: bos for lines, a new line in a stream; −1: none.</summary>
    public int Opening { get; }

    /// <summary>What a text begins with that has to begin with something: the opening, or where there is none what begins
    /// sentences.</summary>
    public int First => Opening >= 0 ? Opening : Beginning;

    private int Beginning { get; }

    /// <summary>The ids that stand between an answer and the next prompt in training.</summary>
    public int[] TurnEnd { get; }

    /// <summary>The ids between a reply that a token ended, or −1, and the next prompt. A token that the model has chosen stood there in
    /// training, unless it is the next prompt's own.</summary>
    public IEnumerable<int> AfterReply(int stoppedBy) =>
        stoppedBy < 0 || stoppedBy == _prompt || TurnEnd.Contains(stoppedBy) ? TurnEnd : TurnEnd.Prepend(stoppedBy);

    /// <summary>Ids that are never generated: unknown, beginning of text, padding.</summary>
    public int[] Never { get; }

    // A new line, after which any text may begin; where the tokenizer has no piece for it, what marks the beginning or end of a text.
    private static int StreamOpening(Tokenizer tokenizer) =>
        tokenizer.TryGetId("\n", out int newLine) && newLine != tokenizer.UnkId
            ? newLine
            : Math.Max(Math.Max(tokenizer.BosId, tokenizer.EosId), 0);

    // What a folder that does not say so ends turns with: the piece that ends a reply, or else the marker and what begins a text.
    private static int[] StreamTurnEnd(Tokenizer tokenizer, GenerationConfig defaults, int opening) =>
        IdsOf(tokenizer, defaults.ChatStopTokens) is [.., int last] ? [last] : [.. IdsOf(tokenizer, [ChatTemplate.EndMarker]), opening];

    private static int[] IdsOf(Tokenizer tokenizer, IEnumerable<string> pieces) =>
        [.. pieces.Select(p => tokenizer.TryGetId(p, out int id) ? id : -1).Where(id => id >= 0 && id != tokenizer.UnkId)];
}
