// The candidate pieces of a unigram training with their scores, and the tree that finds them in a text. Pieces go from round to round; the
// tree stays until most of it is dead, because building it anew costs more than walking over dead branches.
// Source: SentencePiece's unigram trainer.
namespace GruLM.Tokenization;

/// <summary>The pieces that a unigram training still considers.</summary>
internal sealed class UnigramPieces
{
    private const float CharacterPenalty = 0.0001f;
    private const float UnknownPenalty = 10;

    // The tree's values are numbers of seeds; _current says which piece a seed is now (-1 once it is gone) and its score.
    private readonly TrainingJob _job;
    private List<(byte[] Text, float Score)> _pieces;
    private int[] _seedOf = [];
    private (int Piece, float Score)[] _current = [];
    private PieceTrie _trie = null!;
    private float _minScore;

    /// <summary>Begins with the seeds.</summary>
    public UnigramPieces(TrainingJob job, List<(byte[] Text, float Score)> seeds)
    {
        _job = job;
        _pieces = seeds;
        BuildTree();
    }

    /// <summary>How many pieces there are.</summary>
    public int Count => _pieces.Count;

    /// <summary>A piece.</summary>
    public (byte[] Text, float Score) this[int piece] => _pieces[piece];

    /// <summary>Builds the lattice of all ways to cut a text into pieces.</summary>
    public void Fill(Lattice lattice, byte[] text) =>
        lattice.Build(text, _trie, unknownId: 0, _minScore - UnknownPenalty, new Scores(_current));

    /// <summary>Keeps a selection of the pieces, given by their numbers, with new scores.</summary>
    public void Replace(List<(int Piece, float Score)> kept)
    {
        var pieces = new List<(byte[], float)>(kept.Count);
        int[] seeds = new int[kept.Count];
        Array.Fill(_current, (-1, 0f));
        for (int i = 0; i < kept.Count; i++)
        {
            (int piece, float score) = kept[i];
            pieces.Add((_pieces[piece].Text, score));
            seeds[i] = _seedOf[piece];
            _current[seeds[i]] = (i, score);
        }

        _pieces = pieces;
        _seedOf = seeds;
        _minScore = LowestScore();
        if (_trie.Count > 2 * _pieces.Count)
        {
            BuildTree();
        }
    }

    /// <summary>The final vocabulary: all required characters, then the best pieces; best first.</summary>
    public List<(byte[] Text, float Score)> Choose(List<(int Scalar, long Count)> requiredChars, int size)
    {
        var scores = new ByteStringMap(_pieces.Count);
        for (int i = 0; i < _pieces.Count; i++)
        {
            scores.TryAdd(_pieces[i].Text, i);
        }

        var chosen = new List<(byte[] Text, float Score)>();
        var taken = new ByteStringMap(Math.Max(16, size));
        float penalty = 0;
        foreach ((int scalar, long _) in requiredChars)
        {
            byte[] text = Utf8Bytes.Encode(scalar);
            taken.TryAdd(text, 1);
            if (scores.TryGet(text, out int piece))
            {
                chosen.Add((text, _pieces[piece].Score));
            }
            else
            {
                chosen.Add((text, _minScore + penalty));
                penalty += CharacterPenalty;
            }
        }

        List<(byte[] Text, float Score)> ordered = [.. _pieces];
        _job.Sort(ordered, BestFirst);
        foreach ((byte[] Text, float Score) piece in ordered)
        {
            if (taken.Find(piece.Text) >= 0)
            {
                continue;
            }

            if (chosen.Count == size)
            {
                break;
            }

            chosen.Add(piece);
        }

        chosen.Sort(BestFirst);
        return chosen;

        static int BestFirst((byte[] Text, float Score) a, (byte[] Text, float Score) b) =>
            a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Text.AsSpan().SequenceCompareTo(b.Text);
    }

    private void BuildTree()
    {
        _seedOf = new int[_pieces.Count];
        _current = new (int, float)[_pieces.Count];
        for (int i = 0; i < _pieces.Count; i++)
        {
            _seedOf[i] = i;
            _current[i] = (i, _pieces[i].Score);
        }

        _trie = PieceTrie.Create(_pieces.Select((p, i) => (p.Text, i)), _job.Cancellation);
        _minScore = LowestScore();
    }

    private float LowestScore()
    {
        float min = float.MaxValue;
        foreach ((byte[] _, float score) in _pieces)
        {
            min = Math.Min(min, score);
        }

        return min;
    }

    private readonly struct Scores((int Piece, float Score)[] current) : ILatticeScores
    {
        public bool TryGet(int value, out int id, int length, out float score)
        {
            (id, score) = current[value];
            return id >= 0;
        }
    }
}
