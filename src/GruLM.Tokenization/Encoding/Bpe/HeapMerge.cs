// Merges a long stretch of BPE symbols with an agenda of candidates, in time that hardly grows faster than the stretch. The symbols are a
// linked list; a candidate that a later merge made void is recognised by its length when its turn comes.
// Source: SentencePiece's BPE model.
namespace GruLM.Tokenization;

/// <summary>One merging of the symbols in an encoder's working memory.</summary>
internal readonly ref struct HeapMerge
{
    // So many are done in no time.
    private const uint MergesBetweenStops = 1 << 16;

    private readonly PairTable _merges;
    private readonly int[] _ranks, _symbols, _lengths, _next, _previous;
    private readonly MergeHeap _heap;
    private readonly CancellationToken _stop;

    /// <summary>Prepares to merge the symbols of <paramref name="scratch"/>.</summary>
    public HeapMerge(BpeSymbolTable table, EncoderScratch scratch)
    {
        (_merges, _ranks) = (table.Merges, table.Ranks);
        (_symbols, _lengths, _next, _previous) = (scratch.Symbols, scratch.Lengths, scratch.Next, scratch.Previous);
        _heap = scratch.Heap;
        _stop = scratch.Stop;
    }

    /// <summary>Which symbols never merge; null where all may.</summary>
    public bool[]? Frozen { get; init; }

    /// <summary>Skips merges at random; null where none is skipped.</summary>
    public BpeDropout? Dropout { get; init; }

    /// <summary>Notes what unused pieces were joined from; null where there are none.</summary>
    public UnusedSplits? Splits { get; init; }

    /// <summary>Merges the first <paramref name="count"/> symbols. On entry <c>Next[i]</c> holds what symbols i and i+1 join to; afterwards
    /// the index of the symbol after i, -1 after the last.</summary>
    public void Run(int count)
    {
        int[] symbols = _symbols, lengths = _lengths, next = _next, previous = _previous;
        _heap.Clear();
        for (int i = 0; i < count; i++)
        {
            if (i + 1 < count && next[i] >= 0)
            {
                Propose(next[i], i, i + 1);
            }

            next[i] = i + 1 < count ? i + 1 : -1;
            previous[i] = i - 1;
        }

        for (uint merges = 1; _heap.TryPop(out int left, out int right, out int mergedLength); merges++)
        {
            if (merges % MergesBetweenStops == 0) _stop.ThrowIfCancellationRequested();
            if (lengths[left] == 0 || lengths[right] == 0 || lengths[left] + lengths[right] != mergedLength)
            {
                continue;
            }

            if (Dropout is not null && Dropout.Skips())
            {
                continue;
            }

            symbols[left] = _merges.Find((uint)symbols[left], (uint)symbols[right]);
            lengths[left] = mergedLength;
            lengths[right] = 0;
            next[left] = next[right];
            if (next[right] >= 0)
            {
                previous[next[right]] = left;
            }

            if (previous[left] >= 0)
            {
                Look(previous[left], left);
            }

            if (next[left] >= 0)
            {
                Look(left, next[left]);
            }
        }
    }

    private void Look(int left, int right)
    {
        int leftSymbol = _symbols[left], rightSymbol = _symbols[right];
        if (leftSymbol == BpeSymbolTable.Unlisted || rightSymbol == BpeSymbolTable.Unlisted)
        {
            return;
        }

        if (Frozen is not null && (Frozen[left] || Frozen[right]))
        {
            return;
        }

        int merged = _merges.Find((uint)leftSymbol, (uint)rightSymbol);
        if (merged >= 0)
        {
            Propose(merged, left, right);
        }
    }

    private void Propose(int merged, int left, int right)
    {
        _heap.Push(_ranks[merged], left, right, _lengths[left] + _lengths[right]);
        Splits?.Note(merged, new SymbolSplit(_symbols[left], _symbols[right], _lengths[left]));
    }
}
