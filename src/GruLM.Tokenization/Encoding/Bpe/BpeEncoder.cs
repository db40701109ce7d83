// Byte-pair encoding over characters, exactly as SentencePiece does it: start from characters (user-defined symbols are frozen), repeatedly
// merge the neighbouring pair whose joined text is the piece of the highest score, the leftmost of equals. Speed comes from three facts: a
// pair's joined text depends only on the two symbols, so one table look-up replaces a string look-up; text falls into stretches at pairs
// that no piece contains; short stretches repeat, so a cache keeps them. None of them can change a result.
// Source: Sennrich et al. 2016; SentencePiece's BPE model, whose re-splitting of unused pieces is followed to the letter.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>Cuts normalised text with a BPE model.</summary>
internal sealed class BpeEncoder : WordwiseEncoder
{
    private const int NaiveLimit = 24;
    private const int NoMerge = -1;
    private const int Unlisted = -1;

    private readonly PieceTrie? _symbolTrie;
    private readonly PairTable _merges = new();
    private readonly int[] _ranks;
    // Symbols below the vocabulary's size are pieces; above it stand characters that occur in pieces without being one.
    private readonly int[] _finalIds;
    private readonly int[] _asciiSymbols = new int[128];
    private readonly PairTable _charSymbols = new();
    private readonly bool _cacheWords;

    /// <summary>Indexes every way in which two symbols join to a piece.</summary>
    public BpeEncoder(Vocabulary vocabulary)
        : base(vocabulary)
    {
        _symbolTrie = CharEncoder.SymbolTrie(vocabulary);
        _ranks = RankScores(vocabulary.Scores);
        var finalIds = new List<int>(vocabulary.Count);
        for (int id = 0; id < vocabulary.Count; id++)
        {
            finalIds.Add(vocabulary.IsOrdinary(id) ? CharEncoder.FinalId(vocabulary, vocabulary.BytesOf(id)) : id);
        }

        for (int id = 0; id < vocabulary.Count; id++)
        {
            AddCharacters(id, finalIds);
        }

        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (vocabulary.IsOrdinary(id))
            {
                AddMerges(id);
            }
        }

        _finalIds = [.. finalIds];
        for (uint b = 0; b < 128; b++)
        {
            _asciiSymbols[b] = CharSymbol(b);
        }

        _cacheWords = !vocabulary.HasUnused;
    }

    /// <inheritdoc/>
    public override bool NeedsWholeText => Vocabulary.HasUnused;

    /// <inheritdoc/>
    public override void Encode(NormalizedText window, int length, PieceSink sink, EncoderScratch scratch)
    {
        if (_cacheWords)
        {
            base.Encode(window, length, sink, scratch);
        }
        else
        {
            EncodeWhole(window, 0, length, sink, scratch, 0, null);
        }
    }

    /// <inheritdoc/>
    protected override float Certainty(ReadOnlySpan<byte> word) => float.MaxValue;

    /// <inheritdoc/>
    protected override float ScoreAfter(ReadOnlySpan<int> pieces, float score) => score;

    /// <summary>BPE-dropout: every merge that is found still valid is skipped with probability <paramref name="alpha"/>.</summary>
    public void Sample(NormalizedText window, int length, PieceSink sink, EncoderScratch scratch, float alpha, MersenneTwister random) =>
        EncodeWhole(window, 0, length, sink, scratch, alpha, random);

    // Splits the stretch into symbols, cuts it where no merge can ever cross, and merges each part.
    /// <inheritdoc/>
    protected override void EncodeStretch(NormalizedText window, int begin, int end, PieceSink sink, EncoderScratch scratch)
    {
        byte[] text = window.Bytes;
        int count = 0;
        int previous = Unlisted;
        bool previousFrozen = false;
        for (int i = begin; i < end;)
        {
            int symbol = NextSymbol(text.AsSpan(i, end - i), out int size, out bool frozen);
            int merged = PairTable.Missing;
            if (count > 0 && !frozen && !previousFrozen && symbol != Unlisted && previous != Unlisted)
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

    private int NextSymbol(ReadOnlySpan<byte> text, out int size, out bool frozen)
    {
        if (_symbolTrie is not null)
        {
            size = _symbolTrie.LongestPrefix(text, out int id);
            if (size > 0)
            {
                frozen = true;
                return id;
            }
        }

        frozen = false;
        if (text[0] < 0x80)
        {
            size = 1;
            return _asciiSymbols[text[0]];
        }

        size = Utf8Bytes.CharLength(text);
        return CharSymbol(Pack(text[..size]));
    }

    /// <summary>Merges one part without cuts. On entry <c>Next[i]</c> holds what symbols i and i+1 join to.</summary>
    private void Merge(EncoderScratch scratch, int count, PieceSink sink)
    {
        if (count > NaiveLimit)
        {
            MergeWithHeap(scratch, count, mayFreeze: false, 0, null, null);
            for (int i = 0; i >= 0; i = scratch.Next[i])
            {
                Output(scratch.Symbols[i], scratch.Begins[i], scratch.Lengths[i], scratch, sink);
            }

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

    /// <summary>The whole text as one stretch: what unused pieces and dropout need.</summary>
    private void EncodeWhole(NormalizedText window, int begin, int end, PieceSink sink, EncoderScratch scratch, float alpha,
        MersenneTwister? random)
    {
        int count = 0;
        for (int i = begin; i < end; count++)
        {
            if (count == scratch.Symbols.Length)
            {
                scratch.GrowSymbols();
            }

            scratch.Symbols[count] = NextSymbol(window.Bytes.AsSpan(i, end - i), out int size, out scratch.Frozen[count]);
            scratch.Begins[count] = i;
            scratch.Lengths[count] = size;
            i += size;
        }

        for (int i = 0; i + 1 < count; i++)
        {
            bool open = !scratch.Frozen[i] && !scratch.Frozen[i + 1] && scratch.Symbols[i] != Unlisted
                && scratch.Symbols[i + 1] != Unlisted;
            scratch.Next[i] = open ? _merges.Find((uint)scratch.Symbols[i], (uint)scratch.Symbols[i + 1]) : PairTable.Missing;
        }

        if (count == 0)
        {
            return;
        }

        Dictionary<int, (int, int, int)>? splits = Vocabulary.HasUnused ? [] : null;
        MergeWithHeap(scratch, count, mayFreeze: true, alpha, random, splits);
        for (int i = 0; i >= 0; i = scratch.Next[i])
        {
            Resplit(scratch.Symbols[i], scratch.Begins[i], scratch.Lengths[i], splits, scratch, sink);
        }
    }

    private void MergeWithHeap(
        EncoderScratch scratch, int count, bool mayFreeze, float alpha, MersenneTwister? random, Dictionary<int, (int, int, int)>? splits)
    {
        int[] symbols = scratch.Symbols, lengths = scratch.Lengths, next = scratch.Next, previous = scratch.Previous;
        MergeHeap heap = scratch.Heap;
        heap.Clear();
        for (int i = 0; i < count; i++)
        {
            if (i + 1 < count && next[i] >= 0)
            {
                Propose(next[i], i, i + 1);
            }

            next[i] = i + 1 < count ? i + 1 : -1;
            previous[i] = i - 1;
        }

        while (heap.TryPop(out int left, out int right, out int mergedLength))
        {
            if (lengths[left] == 0 || lengths[right] == 0 || lengths[left] + lengths[right] != mergedLength)
            {
                continue;
            }

            if (random is not null && (alpha >= 1 || (alpha > 0 && random.NextDouble() < alpha)))
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

        void Look(int left, int right)
        {
            if (symbols[left] == Unlisted || symbols[right] == Unlisted || (mayFreeze && (scratch.Frozen[left] || scratch.Frozen[right])))
            {
                return;
            }

            int merged = _merges.Find((uint)symbols[left], (uint)symbols[right]);
            if (merged >= 0)
            {
                Propose(merged, left, right);
            }
        }

        void Propose(int merged, int left, int right)
        {
            heap.Push(_ranks[merged], left, right, lengths[left] + lengths[right]);
            if (splits is not null && Vocabulary.Types[merged] == PieceType.Unused)
            {
                splits[merged] = (symbols[left], symbols[right], lengths[left]);
            }
        }
    }

    private void Resplit(int symbol, int begin, int length, Dictionary<int, (int, int, int)>? splits, EncoderScratch scratch,
        PieceSink sink)
    {
        if (splits is not null && symbol != Unlisted && symbol < Vocabulary.Count && Vocabulary.Types[symbol] == PieceType.Unused
            && _finalIds[symbol] == symbol && splits.TryGetValue(symbol, out (int Left, int Right, int LeftLength) split))
        {
            Resplit(split.Left, begin, split.LeftLength, splits, scratch, sink);
            Resplit(split.Right, begin + split.LeftLength, length - split.LeftLength, splits, scratch, sink);
            return;
        }

        Output(symbol, begin, length, scratch, sink);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Output(int symbol, int begin, int length, EncoderScratch scratch, PieceSink sink)
    {
        int id = symbol == Unlisted ? Vocabulary.UnkId : _finalIds[symbol];
        if (scratch.Recording)
        {
            scratch.Recorded.Add((id << 8) | length);
        }

        sink.Add(id, begin, length);
    }

    private int CharSymbol(uint packed)
    {
        int symbol = _charSymbols.Find(packed, 0);
        return symbol == PairTable.Missing ? Unlisted : symbol;
    }

    private void AddCharacters(int id, List<int> finalIds)
    {
        ReadOnlySpan<byte> piece = Vocabulary.BytesOf(id);
        bool single = Utf8Bytes.CharLength(piece) == piece.Length;
        if (!Vocabulary.IsOrdinary(id) && !single)
        {
            return;
        }

        for (int i = 0; i < piece.Length;)
        {
            int size = Utf8Bytes.CharLength(piece[i..]);
            ReadOnlySpan<byte> character = piece.Slice(i, size);
            uint packed = Pack(character);
            if (_charSymbols.Find(packed, 0) == PairTable.Missing)
            {
                if (Vocabulary.TryGetOrdinary(character, out int known))
                {
                    _charSymbols.Set(packed, 0, known);
                }
                else
                {
                    _charSymbols.Set(packed, 0, finalIds.Count);
                    finalIds.Add(CharEncoder.FinalId(Vocabulary, character));
                }
            }

            i += size;
        }
    }

    private void AddMerges(int id)
    {
        ReadOnlySpan<byte> piece = Vocabulary.BytesOf(id);
        int first = Utf8Bytes.CharLength(piece);
        uint previous = Pack(piece[..first]);
        for (int cut = first; cut < piece.Length;)
        {
            int size = Utf8Bytes.CharLength(piece[cut..]);
            uint current = Pack(piece.Slice(cut, size));
            int left = SymbolOf(piece[..cut]), right = SymbolOf(piece[cut..]);
            if (left >= 0 && right >= 0)
            {
                _merges.Set((uint)left, (uint)right, id);
            }
            // Two characters that are neighbours in some piece belong to one part even where they do not join at once.
            uint a = (uint)CharSymbol(previous), b = (uint)CharSymbol(current);
            if (_merges.Find(a, b) == PairTable.Missing)
            {
                _merges.Set(a, b, NoMerge);
            }

            previous = current;
            cut += size;
        }
    }

    private int SymbolOf(ReadOnlySpan<byte> text)
    {
        if (Vocabulary.TryGetOrdinary(text, out int id))
        {
            return id;
        }

        return Utf8Bytes.CharLength(text) == text.Length ? CharSymbol(Pack(text)) : Unlisted;
    }

    /// <summary>Ranks by score, best first; equal scores share a rank.</summary>
    private static int[] RankScores(float[] scores)
    {
        int[] order = new int[scores.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        float[] keys = [.. scores.Select(s => s == 0 ? 0f : -s)];
        Array.Sort(keys, order);
        int[] ranks = new int[scores.Length];
        int rank = 0;
        for (int i = 0; i < order.Length; i++)
        {
            if (i > 0 && keys[i] != keys[i - 1])
            {
                rank++;
            }

            ranks[order[i]] = rank;
        }

        return ranks;
    }
}
