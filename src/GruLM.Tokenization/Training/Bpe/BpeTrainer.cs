// Learns a BPE vocabulary piece for piece as the reference does: every hundred pieces the most frequent pairs become the active set, each
// step takes its best pair (most frequent, then shortest, then first in bytes) and merges it everywhere. Which of equally frequent pairs
// make the active set follows the reference's hash map and partial sort, since whole vocabularies hang on that.
// Hot methods are optimised at once: a training is over before tiered compilation would have noticed them.
// Source: Sennrich et al. 2016; SentencePiece's BPE trainer, 0.1.97 or (overlapping pairs counted) 0.2.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GruLM.Tokenization;

/// <summary>The BPE training loop.</summary>
internal sealed class BpeTrainer
{
    private const int RefreshInterval = 100;
    private const int MinActive = 1000;
    private const float ActiveShare = 0.05f;
    private const int None = -1;

    // Symbols or words that are gone through in no time.
    private const int RowsBetweenStops = 1 << 16;

    private readonly TrainingJob _job;
    private readonly BpeSymbols _symbols;
    private readonly bool _countOverlaps;

    // The corpus as one row of symbols; merged-away places hold None. Links stay inside a sentence.
    private readonly int[] _row;
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly long[] _weights;
    private readonly int[] _sentenceOf;

    // The active set: symbols in any order, their frequencies beside them, and for each symbol its place in the set.
    private readonly List<int> _active = [];
    private readonly List<long> _activeFrequency = [];
    private int[] _activePlace = [];
    private readonly List<int> _stale = [];

    private BpeTrainer(TrainingJob job, TrainingCorpus corpus)
    {
        _job = job;
        _symbols = new BpeSymbols(new PieceRules(job.Options));
        _countOverlaps = job.Options.Compat != Compatibility.V01;
        var row = new List<int>();
        var ends = new List<int>();
        foreach (CountedText text in corpus.Texts)
        {
            if (ends.Count % RowsBetweenStops == 0) job.ThrowIfStopped();
            for (int i = 0; i < text.Text.Length;)
            {
                Utf8Bytes.TryDecode(text.Text.AsSpan(i), out int scalar, out int length);
                row.Add(_symbols.OfCharacter(scalar));
                i += length;
            }

            ends.Add(row.Count);
        }

        _row = [.. row];
        _next = new int[_row.Length];
        _previous = new int[_row.Length];
        _sentenceOf = new int[_row.Length];
        _weights = [.. corpus.Texts.Select(t => t.Count)];
        int begin = 0;
        for (int s = 0; s < ends.Count; s++)
        {
            if (s % RowsBetweenStops == 0) job.ThrowIfStopped();
            for (int i = begin; i < ends[s]; i++)
            {
                _previous[i] = i == begin ? None : i - 1;
                _next[i] = i + 1 == ends[s] ? None : i + 1;
                _sentenceOf[i] = s;
            }

            begin = ends[s];
        }
    }

    /// <summary>Trains; returns the learned pieces and then the characters, with their scores.</summary>
    public static List<(byte[] Text, float Score)> Train(TrainingJob job, TrainingCorpus corpus)
    {
        TrainerOptions options = job.Options;
        foreach ((int scalar, long count) in corpus.RequiredChars)
        {
            if (count == 0)
            {
                throw new ArgumentException(
                    $"The required character U+{scalar:X4} does not occur in the corpus, which BPE training does not allow; " +
                    "add it to the text or leave it out.");
            }
        }

        if (options.SplitByWhitespace)
        {
            corpus.SplitIntoWords(job, options.TreatWhitespaceAsSuffix, options.AllowWhitespaceOnlyPieces);
        }

        if (options.PretokenizationDelimiter.Length > 0)
        {
            corpus.ReplaceDelimiter(options.PretokenizationDelimiter);
        }

        int target = options.VocabSize - job.Meta.Count - corpus.RequiredChars.Count;
        var trainer = new BpeTrainer(job, corpus);
        List<(byte[] Text, float Score)> pieces = trainer.Learn(target);
        foreach ((int scalar, long _) in corpus.RequiredChars)
        {
            pieces.Add((Utf8Bytes.Encode(scalar), -(float)pieces.Count));
        }

        return pieces;
    }

    private List<(byte[] Text, float Score)> Learn(int target)
    {
        for (int i = 0; i < _row.Length; i++)
        {
            if (i % RowsBetweenStops == 0) _job.ThrowIfStopped();
            AddPair(i, _next[i]);
        }

        var pieces = new List<(byte[] Text, float Score)>();
        var known = new ByteStringMap(Math.Max(16, target));
        while (pieces.Count < target)
        {
            _job.ThrowIfStopped();
            if (pieces.Count % RefreshInterval == 0)
            {
                _job.Report("learning merges", pieces.Count, target);
                RefreshActive();
            }

            int best = FindBest();
            if (best == None)
            {
                break;
            }

            byte[] text = _symbols.Utf8Of(best);
            if (known.TryAdd(text, 1))
            {
                pieces.Add((text, -(float)pieces.Count));
                MergeEverywhere(best);
            }

            _symbols.Erase(best);
            Deactivate(best);
            _symbols.Positions[best].Clear();
        }

        return pieces;
    }

    private void AddPair(int left, int right)
    {
        if (left == None || right == None)
        {
            return;
        }

        int symbol = _symbols.OfPair(_row[left], _row[right]);
        if (symbol < 0)
        {
            return;
        }

        Activate(symbol);
        _symbols.Positions[symbol].Add(left);
        if (_symbols.Frequency[symbol] == 0)
        {
            _stale.Add(symbol);
        }
    }

    private void ForgetFrequency(int left, int right, int best)
    {
        if (left == None || right == None)
        {
            return;
        }

        int symbol = _symbols.OfPair(_row[left], _row[right]);
        if (symbol < 0 || symbol == best || _symbols.Frequency[symbol] == 0)
        {
            return;
        }

        _symbols.Frequency[symbol] = 0;
        _stale.Add(symbol);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MergeEverywhere(int best)
    {
        // The set does not change while it is walked: no new pair can be the pair that is being merged.
        foreach (int left in _symbols.Positions[best].Sorted())
        {
            if (_row[left] == None)
            {
                continue;
            }

            int right = _next[left];
            int before = _previous[left], after = _next[right];
            ForgetFrequency(before, left, best);
            ForgetFrequency(right, after, best);
            _row[left] = best;
            _row[right] = None;
            _next[left] = after;
            if (after != None)
            {
                _previous[after] = left;
            }

            AddPair(before, left);
            AddPair(left, after);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CountFrequency(int symbol)
    {
        if (_symbols.Frequency[symbol] > 0)
        {
            return;
        }

        Span<int> places = _symbols.Positions[symbol].Sorted();
        int leftHalf = _symbols.Left[symbol], rightHalf = _symbols.Right[symbol];
        int kept = 0;
        long frequency = 0;
        // 0.1 counts "aa" in "aaa" once: a place that overlaps the last one kept goes for good.
        int overlapped = None;
        foreach (int place in places)
        {
            int right = _next[place];
            bool holds = _row[place] == leftHalf && right != None && _row[right] == rightHalf;
            if (!holds || (!_countOverlaps && place == overlapped))
            {
                overlapped = None;
                continue;
            }

            places[kept++] = place;
            frequency += _weights[_sentenceOf[place]];
            overlapped = right;
        }

        _symbols.Positions[symbol].Truncate(kept);
        _symbols.Frequency[symbol] = frequency;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RefreshActive()
    {
        int[] order = new int[_symbols.Order.Count];
        long[] frequency = new long[order.Length];
        int count = 0;
        int[] after = _symbols.Order.Successors;
        for (int symbol = _symbols.Order.First; symbol >= 0; symbol = after[symbol])
        {
            if (_symbols.Left[symbol] < 0)
            {
                continue;
            }

            if (_symbols.Frequency[symbol] == 0)
            {
                _job.ThrowIfStopped();
                CountFrequency(symbol);
            }

            order[count] = symbol;
            frequency[count++] = _symbols.Frequency[symbol];
        }

        int size = Math.Min(Math.Max(MinActive, (int)(_symbols.Order.Count * ActiveShare)), count);
        LibstdcxxHeap.SelectLargest(frequency.AsSpan(0, count), order.AsSpan(0, count), size);
        foreach (int symbol in _active)
        {
            _activePlace[symbol] = 0;
        }

        _active.Clear();
        _activeFrequency.Clear();
        _stale.Clear();
        for (int i = 0; i < size; i++)
        {
            Activate(order[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int FindBest()
    {
        foreach (int symbol in _stale)
        {
            int place = symbol < _activePlace.Length ? _activePlace[symbol] : 0;
            if (place == 0)
            {
                continue;
            }

            _job.ThrowIfStopped();
            CountFrequency(symbol);
            _activeFrequency[place - 1] = _symbols.Frequency[symbol];
        }

        _stale.Clear();
        ReadOnlySpan<long> frequencies = CollectionsMarshal.AsSpan(_activeFrequency);
        if (frequencies.IsEmpty)
        {
            return None;
        }

        long most = LargestValue.Of(frequencies);
        int best = None;
        for (int i = frequencies.IndexOf(most); i >= 0;)
        {
            if (best == None || IsBetter(_active[i], best))
            {
                best = _active[i];
            }

            int step = frequencies[(i + 1)..].IndexOf(most);
            i = step < 0 ? -1 : i + 1 + step;
        }

        return best;
    }

    private bool IsBetter(int symbol, int than)
    {
        ReadOnlySpan<int> a = _symbols.TextOf(symbol), b = _symbols.TextOf(than);
        if (a.Length != b.Length)
        {
            return a.Length < b.Length;
        }
        // Code point order is UTF-8 byte order. The same text twice is decided by age.
        int order = a.SequenceCompareTo(b);
        return order != 0 ? order < 0 : symbol < than;
    }

    private void Activate(int symbol)
    {
        if (symbol >= _activePlace.Length)
        {
            Array.Resize(ref _activePlace, Math.Max(symbol + 1, Math.Max(1024, _activePlace.Length * 2)));
        }

        if (_activePlace[symbol] != 0)
        {
            return;
        }

        _active.Add(symbol);
        _activeFrequency.Add(_symbols.Frequency[symbol]);
        _activePlace[symbol] = _active.Count;
        if (_symbols.Frequency[symbol] == 0)
        {
            _stale.Add(symbol);
        }
    }

    private void Deactivate(int symbol)
    {
        int place = _activePlace[symbol] - 1;
        if (place < 0)
        {
            return;
        }

        int last = _active.Count - 1;
        _active[place] = _active[last];
        _activeFrequency[place] = _activeFrequency[last];
        _activePlace[_active[place]] = place + 1;
        _active.RemoveAt(last);
        _activeFrequency.RemoveAt(last);
        _activePlace[symbol] = 0;
    }
}
