// The unigram model's best path: Viterbi over bytes, exactly as the reference's optimised encoder adds and compares. A candidate is formed in
// double precision and compared with a best score that was rounded to single, strictly greater wins; the order of additions from the text's start is
// part of the result, so scores run on across the parts a long text is cut into.
// Source: Kudo 2018; SentencePiece's unigram model (optimised encoder).
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>Cuts normalised text with a unigram model.</summary>
internal sealed class UnigramEncoder : PieceEncoder
{
    private const float UnknownPenalty = 10;

    private readonly PieceTrie.Node[] _nodes;
    private readonly float[] _scores;
    private readonly float _maxScore;
    private readonly bool _plain;

    /// <summary>Indexes the pieces.</summary>
    public UnigramEncoder(Vocabulary vocabulary)
        : base(vocabulary)
    {
        var entries = new List<(byte[], int)>(vocabulary.Count);
        float min = float.MaxValue, max = 1.17549435e-38f;
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (vocabulary.IsOrdinary(id))
                entries.Add((vocabulary.BytesOf(id).ToArray(), id));
            if (vocabulary.Types[id] != PieceType.Normal)
                continue;
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
        _plain = !vocabulary.Types.Any(t => t is PieceType.UserDefined or PieceType.Unused);
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

    /// <inheritdoc/>
    public override void Encode(NormalizedText window, int length, PieceSink sink, EncoderScratch scratch)
    {
        if (length == 0)
            return;
        scratch.ReserveLattice(length);
        LatticeCell[] cells = scratch.Cells;
        Search(window.Bytes, length, cells, scratch.Score);
        scratch.Score = cells[length].Score;

        // Walk back, turning the links around, then forward.
        int next = length;
        for (int at = length; at > 0;)
        {
            int start = cells[at].Start;
            cells[start].Next = at;
            at = start;
        }
        for (int at = 0; at < length; at = next)
        {
            next = cells[at].Next;
            sink.Add(cells[next].Id, at, next - at);
        }
    }

    private void Search(byte[] text, int length, LatticeCell[] cells, float score)
    {
        for (int i = 0; i <= length; i++)
            cells[i].Start = -1;
        cells[0].Score = score;
        PieceTrie.Node[] nodes = _nodes;
        float[] scores = _scores;
        int unknown = Vocabulary.UnkId;
        for (int start = 0; start < length;)
        {
            float till = cells[start].Score;
            int charLength = Math.Min(Utf8Bytes.LengthByLead(text[start]), length - start);
            bool single = false;
            int state = 0;
            for (int at = start; at < length;)
            {
                int child = nodes[state].Base + text[at];
                if ((uint)child >= (uint)nodes.Length || nodes[child].Check != state)
                    break;
                state = child;
                at++;
                int id = nodes[child].Value;
                if (id < 0)
                    continue;
                double candidate;
                if (_plain)
                    candidate = (double)scores[id] + till;
                else
                {
                    PieceType type = Vocabulary.Types[id];
                    if (type == PieceType.Unused)
                        continue;
                    candidate = (type == PieceType.UserDefined ? (at - start) * _maxScore - 0.1 : scores[id]) + till;
                }
                ref LatticeCell target = ref cells[at];
                if (target.Start < 0 || candidate > target.Score)
                {
                    target.Score = (float)candidate;
                    target.Start = start;
                    target.Id = id;
                }
                if (at - start == charLength)
                    single = true;
            }
            if (!single)
            {
                ref LatticeCell target = ref cells[start + charLength];
                float candidate = UnknownScore + till;
                if (target.Start < 0 || candidate > target.Score)
                {
                    target.Score = candidate;
                    target.Start = start;
                    target.Id = unknown;
                }
            }
            start += charLength;
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
