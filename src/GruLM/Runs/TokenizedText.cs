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

    /// <summary>The ids of a whole text as one stream, in parts that are encoded side by side on <paramref name="threads"/> threads: the
    /// same ids, and memory for a few parts at a time. The text is cut at line ends, by tokenizers for which nothing reaches over them;
    /// others encode it whole.</summary>
    public static IEnumerable<IReadOnlyList<int>> StreamParts(Tokenizer tokenizer, CorpusText text, int threads, int partBytes = 1 << 20)
    {
        if (!CutsAtLines(tokenizer.Model))
        {
            yield return Stream(tokenizer, text.Utf8);
            yield break;
        }

        foreach (ReadOnlyMemory<byte>[] parts in text.PiecesOfLines(partBytes).Chunk(2 * threads))
        {
            var ids = new List<int>[parts.Length];
            Parallel.For(0, parts.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
            {
                ids[i] = new List<int>(parts[i].Length / 3);
                tokenizer.Encode(parts[i].Span, ids[i]);
            });
            foreach (List<int> part in ids) yield return part;
        }
    }

    /// <summary>The ids of each sample; with a <paramref name="mask"/>, of each that has an answer.</summary>
    public static List<int[]> Lines(Tokenizer tokenizer, CorpusText text, AnswerMask? mask = null) =>
        [.. LineParts(tokenizer, text, 1, mask).SelectMany(part => part)];

    /// <summary>The same in parts that are encoded side by side on <paramref name="threads"/> threads, in memory for a few parts at a
    /// time.</summary>
    public static IEnumerable<IReadOnlyList<int[]>> LineParts(Tokenizer tokenizer, CorpusText text, int threads, AnswerMask? mask = null)
    {
        const int SamplesAPart = 4096;
        foreach (ReadOnlyMemory<byte>[][] parts in text.Samples().Chunk(SamplesAPart).Chunk(2 * threads))
        {
            var encoded = new List<int[]>[parts.Length];
            Parallel.For(0, parts.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
            {
                var ids = new List<int>();
                encoded[i] = [];
                foreach (ReadOnlyMemory<byte> sample in parts[i])
                {
                    ids.Clear();
                    tokenizer.Encode(sample.Span, ids);
                    if (mask is null || ids.Contains(mask.Ai)) encoded[i].Add([.. ids]);
                }
            });
            foreach (List<int[]> part in encoded) yield return part;
        }
    }

    /// <summary>A text to evaluate on as one stream, with the byte at which each token ends. Of a long text no more is encoded than
    /// <paramref name="maxTokens"/> predicted tokens need (0: all).</summary>
    public static HeldOutStream HeldOutStream(Tokenizer tokenizer, CorpusText text, long maxTokens = 0)
    {
        var ids = new List<int>();
        var ends = new List<long>();
        long start = 0;
        foreach (ReadOnlyMemory<byte> part in CutsAtLines(tokenizer.Model) ? text.PiecesOfLines(1 << 20) : [text.Utf8])
        {
            foreach (EncodedPiece piece in tokenizer.EncodePieces(part.Span))
            {
                ids.Add(piece.Id);
                ends.Add(start + piece.End);
            }

            start += part.Length;
            if (maxTokens > 0 && ids.Count > maxTokens) break;
        }

        return new HeldOutStream(ids.ToArray(), ends.ToArray());
    }

    /// <summary>A text to evaluate on sample by sample; with a <paramref name="mask"/>, on the answers in it. Of a long text no more is
    /// encoded than
    /// <paramref name="maxTokens"/> tokens need (0: all).</summary>
    public static HeldOutLines HeldOutLines(Tokenizer tokenizer, CorpusText text, AnswerMask? mask = null, long maxTokens = 0)
    {
        (int begin, int end) = (LineBegin(tokenizer), LineEnd(tokenizer));
        var lines = new List<int[]>();
        var bytes = new List<int>();
        long tokens = 0;
        foreach (ReadOnlyMemory<byte> sample in text.Samples())
        {
            if (maxTokens > 0 && tokens >= maxTokens) break;
            if (mask is null)
            {
                var encoded = new List<int>();
                tokenizer.Encode(sample.Span, encoded);
                lines.Add([.. encoded]);
                bytes.Add(sample.Length);
                tokens += encoded.Count + 1;
                continue;
            }

            HeldOutStream stream = HeldOutStream(tokenizer, sample);
            int[] ids = stream.Ids.ToArray();
            if (!ids.Contains(mask.Ai)) continue;
            tokens += ids.Length + 1;
            lines.Add(ids);
            bytes.Add(
                (int)Enumerable.Range(0, ids.Length).Where(i => mask.Counts(ids, i))
                .Sum(i => stream.ByteEnds.Span[i] - (i == 0 ? 0 : stream.ByteEnds.Span[i - 1])));
        }

        return new HeldOutLines(lines, bytes, begin, end, mask);
    }

    /// <summary>What leaves all but answers out. Throws <see cref="ArgumentException"/> when the tokenizer has no piece that begins
    /// one.</summary>
    public static AnswerMask AnswerMask(Tokenizer tokenizer)
    {
        int Id(string piece) => tokenizer.TryGetId(piece, out int id) && id != tokenizer.UnkId ? id : -1;
        int ai = Id(ChatTemplate.Default.Ai);
        if (ai < 0)
        {
            throw new ArgumentException(
                $"--mask-prompt needs a piece {ChatTemplate.Default.Ai}, and the tokenizer has none; train it with --user-defined-symbols {ChatTemplate.Default.Prompt},{ChatTemplate.Default.Ai},{ChatTemplate.EndMarker}");
        }

        return new AnswerMask(Id(ChatTemplate.Default.Prompt), ai, LineEnd(tokenizer));
    }

    // A newline is then a piece of its own wherever it stands, and a text's beginning is like any other place.
    private static bool CutsAtLines(SentencePieceModel model) =>
        model is { AddDummyPrefix: false, RemoveExtraWhitespaces: false, NormalizationTable.IsEmpty: true }
        && model.Pieces.Where(piece => piece.Text.Contains('\n', StringComparison.Ordinal))
        .ToList() is [{ Text: "\n", Type: PieceType.UserDefined }];

    /// <summary>The id fed before a line: bos, or where there is none the end piece.</summary>
    public static int LineBegin(Tokenizer tokenizer) => tokenizer.BosId >= 0 ? tokenizer.BosId : LineEnd(tokenizer);

    /// <summary>The id predicted after a line: the end marker, or eos. Throws <see cref="ArgumentException"/> when the tokenizer has
    /// neither.</summary>
    public static int LineEnd(Tokenizer tokenizer)
    {
        if (tokenizer.TryGetId(ChatTemplate.EndMarker, out int end) && end != tokenizer.UnkId) return end;
        if (tokenizer.EosId >= 0) return tokenizer.EosId;
        throw new ArgumentException(
            $"line samples need a piece {ChatTemplate.EndMarker} or an end-of-sentence piece, and the tokenizer has neither; train it with --user-defined-symbols {ChatTemplate.EndMarker}");
    }
}
