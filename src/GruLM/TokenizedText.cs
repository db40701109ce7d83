// Text to tokens: what training and evaluation are fed, with the byte positions that bits per byte need.

using GruLM.Corpus;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>Encodes texts for training and evaluation.</summary>
public static class TokenizedText
{
    /// <summary>The ids of a whole text as one stream.</summary>
    public static int[] Stream(Tokenizer tokenizer, ReadOnlyMemory<byte> utf8)
    {
        var ids = new List<int>(utf8.Length / 3);
        tokenizer.Encode(utf8.Span, ids);
        return [.. ids];
    }

    /// <summary>The ids of each non-blank line.</summary>
    public static List<int[]> Lines(Tokenizer tokenizer, ReadOnlyMemory<byte> utf8)
    {
        var lines = new List<int[]>();
        var ids = new List<int>();
        foreach (var line in TextSplit.NonBlankLines(utf8))
        {
            ids.Clear();
            tokenizer.Encode(line.Span, ids);
            lines.Add([.. ids]);
        }

        return lines;
    }

    /// <summary>A text to evaluate on as one stream, with the byte at which each token ends.</summary>
    public static HeldOutStream HeldOutStream(Tokenizer tokenizer, ReadOnlyMemory<byte> utf8)
    {
        var pieces = tokenizer.EncodePieces(utf8.Span);
        var ids = new int[pieces.Count];
        var ends = new long[pieces.Count];
        for (int i = 0; i < ids.Length; i++) (ids[i], ends[i]) = (pieces[i].Id, pieces[i].End);
        return new HeldOutStream(ids, ends);
    }

    /// <summary>A text to evaluate on line by line.</summary>
    public static HeldOutLines HeldOutLines(Tokenizer tokenizer, ReadOnlyMemory<byte> utf8) =>
        new(Lines(tokenizer, utf8), [.. TextSplit.NonBlankLines(utf8).Select(l => l.Length)], LineBegin(tokenizer), LineEnd(tokenizer));

    /// <summary>The id fed before a line: bos, or where there is none the end piece.</summary>
    public static int LineBegin(Tokenizer tokenizer) => tokenizer.BosId >= 0 ? tokenizer.BosId : LineEnd(tokenizer);

    /// <summary>The id predicted after a line: the end marker, or eos. Throws <see cref="ArgumentException"/> when the tokenizer has neither.</summary>
    public static int LineEnd(Tokenizer tokenizer)
    {
        if (tokenizer.TryGetId(ChatTemplate.EndMarker, out int end) && end != tokenizer.UnkId) return end;
        if (tokenizer.EosId >= 0) return tokenizer.EosId;
        throw new ArgumentException($"line samples need a piece {ChatTemplate.EndMarker} or an end-of-sentence piece, and the tokenizer has neither; train it with --user-defined-symbols {ChatTemplate.EndMarker}");
    }
}
