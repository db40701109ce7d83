// Byte-pair encoding over characters, exactly as SentencePiece does it: start from characters (user-defined symbols are frozen), repeatedly
// merge the neighbouring pair whose joined text is the piece of the highest score, the leftmost of equals. Speed comes from three facts: a
// pair's joined text depends only on the two symbols, so one table look-up replaces a string look-up; text falls into stretches at pairs
// that no piece contains; short stretches repeat, so a cache keeps them. None of them can change a result.
// Source: Sennrich et al. 2016; SentencePiece's BPE model.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>Cuts normalised text with a BPE model.</summary>
internal sealed class BpeEncoder : WordwiseEncoder
{
    // More symbols than this are merged with an agenda.
    private const int NaiveLimit = 24;

    private readonly BpeSymbolTable _table;
    // The table's own, at hand.
    private readonly PairTable _merges;
    private readonly int[] _ranks, _finalIds;
    private readonly bool _wordByWord;

    /// <summary>Indexes the vocabulary.</summary>
    public BpeEncoder(Vocabulary vocabulary)
        : base(vocabulary)
    {
        _table = new BpeSymbolTable(vocabulary);
        (_merges, _ranks, _finalIds) = (_table.Merges, _table.Ranks, _table.FinalIds);
        _wordByWord = !vocabulary.HasUnused;
    }

    /// <inheritdoc/>
    public override bool NeedsWholeText => Vocabulary.HasUnused;

    /// <inheritdoc/>
    public override void Encode(NormalizedText window, int length, PieceSink sink, EncoderScratch scratch)
    {
        if (_wordByWord)
        {
            base.Encode(window, length, sink, scratch);
        }
        else
        {
            EncodeWhole(window, length, sink, scratch);
        }
    }

    /// <summary>Cuts a whole text with merges skipped at random.</summary>
    public void Sample(NormalizedText window, PieceSink sink, BpeDropout dropout) =>
        new BpeWholeText(Vocabulary, _table, new EncoderScratch()).Encode(window, window.Length, sink, dropout);

    /// <inheritdoc/>
    protected override float ScoreLimit(ReadOnlySpan<byte> word) => float.MaxValue;

    /// <inheritdoc/>
    protected override float ScoreAfter(ReadOnlySpan<int> pieces, float score) => score;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EncodeWhole(NormalizedText window, int length, PieceSink sink, EncoderScratch scratch) =>
        new BpeWholeText(Vocabulary, _table, scratch).Encode(window, length, sink, null);

    // Splits the stretch into symbols, cuts it where no merge can ever cross, and merges each part.
    /// <inheritdoc/>
    protected override void EncodeStretch(NormalizedText window, int begin, int end, PieceSink sink, EncoderScratch scratch)
    {
        byte[] text = window.Bytes;
        int count = 0;
        int previous = BpeSymbolTable.Unlisted;
        bool previousFrozen = false;
        for (int i = begin; i < end;)
        {
            int symbol = _table.NextSymbol(text.AsSpan(i, end - i), out int size, out bool frozen);
            int merged = PairTable.Missing;
            if (count > 0 && !frozen && !previousFrozen && symbol != BpeSymbolTable.Unlisted && previous != BpeSymbolTable.Unlisted)
            {
                merged = _merges.Find((uint)previous, (uint)symbol);
            }

            if (count > 0 && merged == PairTable.Missing)
            {
                Merge(scratch, count, sink);
                count = 0;
            }

            if (count == scratch.Symbols.Length)
            {
                scratch.GrowSymbols();
            }

            if (count > 0)
            {
                scratch.Next[count - 1] = merged;
            }

            scratch.Symbols[count] = symbol;
            scratch.Begins[count] = i;
            scratch.Lengths[count] = size;
            count++;
            previous = symbol;
            previousFrozen = frozen;
            i += size;
        }

        if (count > 0)
        {
            Merge(scratch, count, sink);
        }
    }

    /// <summary>Merges one part without cuts. On entry <c>Next[i]</c> holds what symbols i and i+1 join to.</summary>
    private void Merge(EncoderScratch scratch, int count, PieceSink sink)
    {
        if (count > NaiveLimit)
        {
            MergeLong(scratch, count, sink);
            return;
        }

        int[] symbols = scratch.Symbols, lengths = scratch.Lengths, begins = scratch.Begins, joined = scratch.Next, ranks = scratch.Ranks;
        for (int i = 0; i + 1 < count; i++)
        {
            ranks[i] = joined[i] >= 0 ? _ranks[joined[i]] : int.MaxValue;
        }

        while (count > 1)
        {
            int best = -1, bestRank = int.MaxValue;
            for (int i = 0; i + 1 < count; i++)
            {
                if (ranks[i] < bestRank)
                {
                    bestRank = ranks[i];
                    best = i;
                }
            }

            if (best < 0)
            {
                break;
            }

            symbols[best] = joined[best];
            lengths[best] += lengths[best + 1];
            count--;
            for (int i = best + 1; i < count; i++)
            {
                symbols[i] = symbols[i + 1];
                lengths[i] = lengths[i + 1];
                begins[i] = begins[i + 1];
                joined[i - 1] = joined[i];
                ranks[i - 1] = ranks[i];
            }

            if (best > 0)
            {
                Join(best - 1);
            }

            if (best + 1 < count)
            {
                Join(best);
            }
        }

        for (int i = 0; i < count; i++)
        {
            Output(symbols[i], begins[i], lengths[i], scratch, sink);
        }

        void Join(int i)
        {
            joined[i] = _merges.Find((uint)symbols[i], (uint)symbols[i + 1]);
            ranks[i] = joined[i] >= 0 ? _ranks[joined[i]] : int.MaxValue;
        }
    }

    private void MergeLong(EncoderScratch scratch, int count, PieceSink sink)
    {
        new HeapMerge(_table, scratch).Run(count);
        for (int i = 0; i >= 0; i = scratch.Next[i])
        {
            Output(scratch.Symbols[i], scratch.Begins[i], scratch.Lengths[i], scratch, sink);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Output(int symbol, int begin, int length, EncoderScratch scratch, PieceSink sink)
    {
        int id = symbol == BpeSymbolTable.Unlisted ? Vocabulary.UnkId : _finalIds[symbol];
        if (scratch.Recording)
        {
            scratch.Recorded.Add((id << 8) | length);
        }

        sink.Add(id, begin, length);
    }
}
