// Text to tokens: what training and evaluation are fed, with the byte positions that bits per byte need.

using GruLM.Corpus;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>Encodes texts for training and evaluation. Safe for several threads.</summary>
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
    /// same ids, and memory for a few parts at a time. The text is cut at line ends when no piece of the tokenizer reaches over one; else
    /// it is encoded whole.</summary>
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
    public static IEnumerable<IReadOnlyList<int[]>> LineParts(Tokenizer tokenizer, CorpusText text, int threads, AnswerMask? mask = null) =>
        LineParts(tokenizer, text, threads, mask, leastTokens: 0);

    /// <summary>The same of samples with so many tokens at least.</summary>
    internal static IEnumerable<IReadOnlyList<int[]>> LineParts(
        Tokenizer tokenizer, CorpusText text, int threads, AnswerMask? mask, int leastTokens)
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
                    if (ids.Count >= leastTokens && (mask is null || ids.Contains(mask.Ai))) encoded[i].Add([.. ids]);
                }
            });
            foreach (List<int[]> part in encoded) yield return part;
        }
    }

    /// <summary>A text to evaluate on as one stream, with the byte at which each token ends. Of a long text no more is encoded than
    /// <paramref name="maxTokens"/> predicted tokens need (0: all). <paramref name="cancel"/> ends it between pieces of the text.</summary>
    public static HeldOutStream HeldOutStream(
        Tokenizer tokenizer, CorpusText text, long maxTokens = 0, CancellationToken cancel = default)
    {
        var ids = new List<int>();
        var ends = new List<long>();
        long start = 0;
        foreach (ReadOnlyMemory<byte> part in CutsAtLines(tokenizer.Model) ? text.PiecesOfLines(1 << 20) : [text.Utf8])
        {
            cancel.ThrowIfCancellationRequested();
            foreach (EncodedPiece piece in tokenizer.EncodePieces(part.Span, cancel))
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
    /// encoded than <paramref name="maxTokens"/> tokens need (0: all). <paramref name="cancel"/> ends it between samples.</summary>
    public static HeldOutLines HeldOutLines(
        Tokenizer tokenizer, CorpusText text, AnswerMask? mask = null, long maxTokens = 0, CancellationToken cancel = default) =>
        HeldOutLines(tokenizer, text.Samples(), mask, maxTokens, cancel);

    /// <summary>The same for a model whose lines have nothing before and behind them (<see cref="Model.GruConfig.Opening"/>).</summary>
    internal static HeldOutLines BareLines(
        Tokenizer tokenizer, IEnumerable<ReadOnlyMemory<byte>> samples, AnswerMask? mask, long maxTokens, CancellationToken cancel)
    {
        var lines = new List<int[]>();
        var bytes = new List<int>();
        long tokens = 0;
        foreach (ReadOnlyMemory<byte> sample in samples)
        {
            cancel.ThrowIfCancellationRequested();
            if (maxTokens > 0 && tokens >= maxTokens) break;
            HeldOutStream stream = HeldOutStream(tokenizer, sample, cancel: cancel);
            int[] ids = stream.Ids.ToArray();
            if (ids.Length < 2 || (mask is not null && !ids.Contains(mask.Ai))) continue;
            ReadOnlySpan<long> ends = stream.ByteEnds.Span;
            long predicted = 0;
            for (int i = 1; i < ids.Length; i++) predicted += mask?.Counts(ids, i) ?? true ? ends[i] - ends[i - 1] : 0;
            lines.Add(ids);
            bytes.Add((int)predicted);
            tokens += ids.Length - 1;
        }

        return new HeldOutLines(lines, bytes, -1, -1, mask);
    }

    /// <summary>The same of some samples.</summary>
    internal static HeldOutLines HeldOutLines(
        Tokenizer tokenizer, IEnumerable<ReadOnlyMemory<byte>> samples, AnswerMask? mask, long maxTokens, CancellationToken cancel)
    {
        (int begin, int end) = (LineBegin(tokenizer), LineEnd(tokenizer));
        var lines = new List<int[]>();
        var bytes = new List<int>();
        long tokens = 0;
        foreach (ReadOnlyMemory<byte> sample in samples)
        {
            cancel.ThrowIfCancellationRequested();
            if (maxTokens > 0 && tokens >= maxTokens) break;
            if (EncodeLine(tokenizer, sample, mask) is not { } line) continue;
            lines.Add(line.Ids);
            bytes.Add(line.Bytes);
            tokens += line.Ids.Length + 1;
        }

        return new HeldOutLines(lines, bytes, begin, end, mask);
    }

    /// <summary>What leaves all but answers out. Throws <see cref="ArgumentException"/> when the tokenizer has no piece that begins
    /// one.</summary>
    public static AnswerMask AnswerMask(Tokenizer tokenizer)
    {
        string prompt = ChatTemplate.Default.Prompt, ai = ChatTemplate.Default.Ai;
        if (IdOf(tokenizer, ai) is not { } id)
        {
            throw new ArgumentException(
                $"'MaskPrompt' needs a piece {ai}, and the tokenizer has none; "
                + $"train it with 'UserDefinedSymbols = {prompt},{ai},{ChatTemplate.EndMarker}'");
        }

        return new AnswerMask(IdOf(tokenizer, prompt) ?? -1, id, LineEnd(tokenizer));
    }

    /// <summary>The id fed before a line: bos, or where there is none the end piece.</summary>
    public static int LineBegin(Tokenizer tokenizer) => tokenizer.BosId >= 0 ? tokenizer.BosId : LineEnd(tokenizer);

    /// <summary>The id predicted after a line: the end marker, or eos. Throws <see cref="ArgumentException"/> when the tokenizer has
    /// neither.</summary>
    public static int LineEnd(Tokenizer tokenizer)
    {
        if (IdOf(tokenizer, ChatTemplate.EndMarker) is { } end) return end;
        if (tokenizer.EosId >= 0) return tokenizer.EosId;
        throw new ArgumentException(
            $"line samples need a piece {ChatTemplate.EndMarker} or an end-of-sentence piece, and the tokenizer has neither; "
            + $"train it with 'UserDefinedSymbols = {ChatTemplate.EndMarker}'");
    }

    // The ids of a sample and the bytes that are predicted of it; null for one without an answer, where only answers count.
    private static (int[] Ids, int Bytes)? EncodeLine(Tokenizer tokenizer, ReadOnlyMemory<byte> sample, AnswerMask? mask)
    {
        if (mask is null)
        {
            var encoded = new List<int>();
            tokenizer.Encode(sample.Span, encoded);
            return ([.. encoded], sample.Length);
        }

        HeldOutStream stream = HeldOutStream(tokenizer, sample);
        int[] ids = stream.Ids.ToArray();
        if (!ids.Contains(mask.Ai)) return null;
        long bytes = 0, start = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            long end = stream.ByteEnds.Span[i];
            if (mask.Counts(ids, i)) bytes += end - start;
            start = end;
        }

        return (ids, (int)bytes);
    }

    // The id of a piece; null when the tokenizer has none.
    private static int? IdOf(Tokenizer tokenizer, string piece) =>
        tokenizer.TryGetId(piece, out int id) && id != tokenizer.UnkId ? id : null;

    // Whether parts that end with a line end can be encoded apart: a newline is a piece of its own wherever it stands, and the beginning of
    // a text is like any other place.
    private static bool CutsAtLines(SentencePieceModel model)
    {
        if (model is not { AddDummyPrefix: false, RemoveExtraWhitespaces: false, NormalizationTable.IsEmpty: true }) return false;
        var withNewline = model.Pieces.Where(piece => piece.Text.Contains('\n', StringComparison.Ordinal)).ToList();
        return withNewline is [{ Text: "\n", Type: PieceType.UserDefined }];
    }
}
