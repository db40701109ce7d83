// The unigram model's best path: Viterbi over bytes, exactly as the reference's optimised encoder adds and compares. A candidate is formed
// in double precision and compared with a best score that was rounded to single, strictly greater wins; the order of additions from the
// text's start is part of the result, so scores run on from word to word. Known words skip the search, but only where their best cut leads
// by more than all the rounding that could have happened since the text's start: the cache can not change a result.
// Source: Kudo 2018; SentencePiece's unigram model (optimised encoder). The bound: each addition errs by at most half a unit in the last
// place.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GruLM.Tokenization;

/// <summary>Cuts normalised text with a unigram model.</summary>
internal sealed class UnigramEncoder : WordwiseEncoder
{
    private const float UnknownPenalty = 10;
    // One unit in the last place, relative, twice over for good measure.
    private const double RoundingUnit = 2.4e-7;

    private readonly PieceTrie.Node[] _nodes;
    private readonly float[] _scores;
    // The scores with the unknown piece's own among them.
    private readonly float[] _plainScores;
    private readonly float _maxScore;
    private readonly bool _plain;
    // The largest size any one score can have; not finite where the cache has to stay off.
    private readonly double _largestScore;

    /// <summary>Indexes the pieces.</summary>
    public UnigramEncoder(Vocabulary vocabulary)
        : base(vocabulary)
    {
        var entries = new List<(byte[], int)>(vocabulary.Count);
        float min = float.MaxValue, max = 1.17549435e-38f;
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (vocabulary.IsOrdinary(id))
            {
                entries.Add((vocabulary.BytesOf(id).ToArray(), id));
            }

            if (vocabulary.Types[id] != PieceType.Normal)
            {
                continue;
            }
            // As std::min and std::max do, a score that is not a number changes nothing.
            float score = vocabulary.Scores[id];
            min = score < min ? score : min;
            max = max < score ? score : max;
        }

        Trie = PieceTrie.Create(entries);
        _nodes = Trie.Nodes.ToArray();
        _scores = vocabulary.Scores;
        _maxScore = max;
        UnknownScore = min - UnknownPenalty;
        _plainScores = [.. _scores];
        _plainScores[vocabulary.UnkId] = UnknownScore;
        _plain = !vocabulary.Types.Any(t => t is PieceType.UserDefined or PieceType.Unused);
        double largest = Math.Abs(UnknownScore);
        foreach (float score in _scores)
        {
            largest = score > largest || -score > largest || float.IsNaN(score) ? Math.Abs((double)score) : largest;
        }

        _largestScore = largest + WordCache.MaxWord * Math.Abs((double)max) + 0.1;
    }

    /// <summary>The pieces as a tree.</summary>
    public PieceTrie Trie { get; }

    /// <summary>What a character outside the vocabulary scores.</summary>
    public float UnknownScore { get; }

    /// <summary>A piece's score in the character lattice; a user-defined symbol's bonus goes by its length.</summary>
    public float LatticeScore(int id, int length) =>
        Vocabulary.Types[id] == PieceType.UserDefined ? (float)(length * _maxScore - 0.1) : _scores[id];

    /// <summary>True where a piece may not be output.</summary>
    public bool IsUnused(int id) => Vocabulary.Types[id] == PieceType.Unused;

    // The sum of two single numbers rounds the same whether it is formed in single or in double precision.
    /// <inheritdoc/>
    protected override float ScoreAfter(ReadOnlySpan<int> pieces, float score)
    {
        if (_plain)
        {
            foreach (int packed in pieces)
            {
                score = _plainScores[packed >> 8] + score;
            }
        }
        else
        {
            foreach (int packed in pieces)
            {
                score = (float)(ScoreOf(packed >> 8, packed & 0xFF) + score);
            }
        }

        return score;
    }

    /// <summary>A piece's score in the byte lattice, in double precision as it is added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double ScoreOf(int id, int length)
    {
        if (_plain)
        {
            return _plainScores[id];
        }

        return Vocabulary.Types[id] switch
        {
            PieceType.UserDefined => length * _maxScore - 0.1,
            PieceType.Unknown => UnknownScore,
            _ => _scores[id],
        };
    }

    /// <inheritdoc/>
    protected override void EncodeStretch(NormalizedText window, int begin, int end, PieceSink sink, EncoderScratch scratch)
    {
        int length = end - begin;
        scratch.ReserveLattice(length);
        LatticeCell[] cells = scratch.Cells;
        Search(window.Bytes.AsSpan(begin, length), cells, scratch.Score);
        scratch.Score = cells[length].Score;

        // Walk back, turning the links around, then forward.
        for (int at = length; at > 0;)
        {
            int start = cells[at].Start;
            cells[start].Next = at;
            at = start;
        }

        for (int at = 0; at < length;)
        {
            int next = cells[at].Next;
            if (scratch.Recording)
            {
                scratch.Recorded.Add((cells[next].Id << 8) | (next - at));
            }

            sink.Add(cells[next].Id, begin + at, next - at);
            at = next;
        }
    }

    private void Search(ReadOnlySpan<byte> text, LatticeCell[] cells, float score)
    {
        int length = text.Length;
        for (int i = 0; i <= length; i++)
        {
            cells[i].Start = -1;
        }

        cells[0].Score = score;
        // Every block of the tree is whole inside its array, so a step needs no bounds check.
        ref PieceTrie.Node nodes = ref MemoryMarshal.GetArrayDataReference(_nodes);
        float[] scores = _scores;
        for (int start = 0; start < length;)
        {
            float till = cells[start].Score;
            int charLength = Math.Min(Utf8Bytes.LengthByLead(text[start]), length - start);
            bool single = false;
            int state = 0, origin = nodes.Base;
            for (int at = start; at < length;)
            {
                int child = origin + text[at];
                ref PieceTrie.Node node = ref Unsafe.Add(ref nodes, child);
                if (node.Check != state)
                {
                    break;
                }

                state = child;
                origin = node.Base;
                at++;
                int id = node.Value;
                if (id < 0)
                {
                    continue;
                }

                double candidate;
                if (_plain)
                {
                    candidate = (double)scores[id] + till;
                }
                else
                {
                    if (Vocabulary.Types[id] == PieceType.Unused)
                    {
                        continue;
                    }

                    candidate = ScoreOf(id, at - start) + till;
                }

                ref LatticeCell target = ref cells[at];
                if (target.Start < 0 || candidate > target.Score)
                {
                    target.Score = (float)candidate;
                    target.Start = start;
                    target.Id = id;
                }

                if (at - start == charLength)
                {
                    single = true;
                }
            }

            if (!single)
            {
                ref LatticeCell target = ref cells[start + charLength];
                float candidate = UnknownScore + till;
                if (target.Start < 0 || candidate > target.Score)
                {
                    target.Score = candidate;
                    target.Start = start;
                    target.Id = Vocabulary.UnkId;
                }
            }

            start += charLength;
        }
    }

    // Rounding is monotone, so the path that single precision finds is at least as good, after rounding, as the best one; both err by half
    // a unit for each of at most as many additions as the word has bytes.
    /// <inheritdoc/>
    protected override float ScoreLimit(ReadOnlySpan<byte> word)
    {
        double size = word.Length;
        return (float)Math.Min((Lead(word) / (size * RoundingUnit)) - (size * _largestScore), 1e30);
    }

    /// <summary>By how much the best cut of a word beats the second best, in double precision; infinite where there is only one.</summary>
    private double Lead(ReadOnlySpan<byte> word)
    {
        if (!double.IsFinite(_largestScore))
        {
            return 0;
        }

        Span<double> best = stackalloc double[word.Length + 1], second = stackalloc double[word.Length + 1];
        best.Fill(double.NegativeInfinity);
        second.Fill(double.NegativeInfinity);
        best[0] = 0;
        for (int start = 0; start < word.Length;)
        {
            int charLength = Math.Min(Utf8Bytes.LengthByLead(word[start]), word.Length - start);
            bool single = false;
            int state = 0;
            for (int at = start; at < word.Length && (state = Trie.Step(state, word[at])) >= 0;)
            {
                at++;
                int id = Trie.ValueAt(state);
                if (id < 0 || Vocabulary.Types[id] == PieceType.Unused)
                {
                    continue;
                }

                single |= at - start == charLength;
                double score = ScoreOf(id, at - start);
                Offer(best[start] + score, at, best, second);
                Offer(second[start] + score, at, best, second);
            }

            if (!single)
            {
                Offer(best[start] + UnknownScore, start + charLength, best, second);
                Offer(second[start] + UnknownScore, start + charLength, best, second);
            }

            start += charLength;
        }

        return best[^1] - second[^1];

        static void Offer(double score, int at, Span<double> best, Span<double> second)
        {
            if (score > best[at])
            {
                second[at] = best[at];
                best[at] = score;
            }
            else if (score > second[at])
            {
                second[at] = score;
            }
        }
    }
}

/// <summary>The best path that ends at a byte.</summary>
internal struct LatticeCell
{
    /// <summary>Its score.</summary>
    public float Score;
    /// <summary>Where its last piece begins; -1 where no path ends here.</summary>
    public int Start;
    /// <summary>Its last piece.</summary>
    public int Id;
    /// <summary>Where the best path's next piece ends.</summary>
    public int Next;
}
