// Which tokens' gradients are added up for which row of the embedding, sorted by id on this machine's processor: so each row has one writer
// and sums have an order. Ids that stand often are cut into segments, whose sums are added up in a second pass.

using System.Runtime.InteropServices;

namespace GruLM.Cuda;

/// <summary>The segments of one batch. One thread at a time; memory is kept from batch to batch.</summary>
internal sealed class EmbeddingSegments(int vocabSize)
{
    /// <summary>Tokens of one segment.</summary>
    public const int Longest = 32;

    private readonly int[] _starts = new int[vocabSize + 1];

    /// <summary>Segments of a batch of so many tokens, at most.</summary>
    public static int MostSegments(int tokens) => tokens;

    /// <summary>Ids of such a batch that are cut, at most.</summary>
    public static int MostCut(int tokens) => (tokens / (Longest + 1)) + 1;

    /// <summary>Parts that wait for the second pass, at most.</summary>
    public static int MostParts(int tokens) => tokens / 16;

    /// <summary>Numbers that <see cref="Fill"/> writes for a batch of so many tokens.</summary>
    public static int Length(int tokens) => tokens + (4 * (MostSegments(tokens) + MostCut(tokens))) + 4;

    /// <summary>Writes counts of segments and of cut ids (4 numbers), then the order of tokens [tokens], then segments, then the second
    /// pass's. Ids below zero stand nowhere.</summary>
    public void Fill(ReadOnlySpan<int> ids, Span<int> to)
    {
        Array.Clear(_starts);
        foreach (int id in ids)
        {
            if (id >= 0) _starts[id + 1]++;
        }

        for (int i = 0; i < vocabSize; i++) _starts[i + 1] += _starts[i];
        Span<int> order = to.Slice(4, ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            if (ids[i] >= 0) order[_starts[ids[i]]++] = i;
        }

        // Each start has become its id's end.
        Span<Segment> segments = MemoryMarshal.Cast<int, Segment>(to[(4 + ids.Length)..]);
        Span<Segment> cut = segments[MostSegments(ids.Length)..];
        (int count, int cutCount, int parts) = (0, 0, 0);
        for (int first = 0; first < _starts[vocabSize - 1];)
        {
            int id = ids[order[first]], end = _starts[id];
            bool isCut = end - first > Longest;
            if (isCut) cut[cutCount++] = new Segment { Id = id, First = parts, Count = (end - first + Longest - 1) / Longest, Part = -1 };
            for (; first < end; first += Longest)
            {
                segments[count++] = new Segment
                {
                    Id = id,
                    First = first,
                    Count = Math.Min(Longest, end - first),
                    Part = isCut ? parts++ : -1,
                };
            }

            first = end;
        }

        (to[0], to[1]) = (count, cutCount);
    }
}
