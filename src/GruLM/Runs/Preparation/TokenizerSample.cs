// What a tokenizer is learned from when a text is long: lines from all over it, since a tokenizer learns no more from gigabytes.

using GruLM.Corpus;

namespace GruLM;

/// <summary>Takes a sample of a text.</summary>
internal static class TokenizerSample
{
    private const int Parts = 64;

    /// <summary>The text itself when it has no more than <paramref name="most"/> bytes, else whole lines from equally spaced parts of it,
    /// no more than that together. A part without a line end gives whole characters.</summary>
    public static ReadOnlyMemory<byte> Take(CorpusText text, int most)
    {
        if (text.Length <= most) return text.Utf8;
        var taken = new List<byte>(most);
        for (int i = 0; i < Parts; i++)
        {
            ReadOnlySpan<byte> part = text.Slice(text.Length / Parts * i, most / Parts).Span;
            int first = part.IndexOf((byte)'\n'), last = part.LastIndexOf((byte)'\n');
            if (last > first) part = part[(first + 1)..(last + 1)];
            part = part[TextSplit.BytesOf(part, 0)..];
            taken.AddRange(part[..^TextCleaner.UnfinishedBytes(part)]);
        }

        return taken.ToArray();
    }
}
