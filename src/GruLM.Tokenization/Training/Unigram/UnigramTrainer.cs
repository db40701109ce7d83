// Learns a unigram vocabulary: candidates are all repeats of the corpus, then rounds of expectation and maximisation alternate with
// dropping the pieces whose loss costs least. Results follow the reference to the bit: sums are in single precision over fixed parts of the
// corpus (sentence i belongs to part i mod num_threads) that are merged in order, whatever the number of processors at work.
// Source: Kudo 2018; SentencePiece's unigram trainer, 0.1.97 or 0.2.
namespace GruLM.Tokenization;

/// <summary>The unigram training loop.</summary>
internal sealed class UnigramTrainer
{
    private const float MinimumExpected = 0.5f;
    private const float CharacterPenalty = 0.0001f;
    private const float UnknownPenalty = 10;

    private readonly TrainerOptions _options;
    private readonly TrainingCorpus _corpus;
    private readonly bool _v01;
    private readonly CancellationToken _cancellation;

    // The pieces in hand. The tree's values are numbers of seeds; _current says which piece a seed is now (-1 once it is gone) and its
    // score.
    private List<(byte[] Text, float Score)> _pieces;
    private int[] _seedOf = [];
    private (int Piece, float Score)[] _current = [];
    private PieceTrie _trie = null!;
    private float _minScore;
    private readonly Lattice[] _lattices;

    private UnigramTrainer(TrainerOptions options, TrainingCorpus corpus, CancellationToken cancellation)
    {
        _options = options;
        _corpus = corpus;
        _v01 = options.Compat == Compatibility.V01;
        _cancellation = cancellation;
        _lattices = new Lattice[options.NumThreads];
        for (int i = 0; i < _lattices.Length; i++)
        {
            _lattices[i] = new Lattice();
        }

        _pieces = new UnigramSeeds(options, corpus).Make();
    }

    /// <summary>Trains; returns pieces and scores, best first.</summary>
    public static List<(byte[] Text, float Score)> Train(
        TrainerOptions options, TrainingCorpus corpus, int metaCount, Action<TrainingProgress>? progress, CancellationToken cancellation)
    {
        progress?.Invoke(new TrainingProgress("mining candidate pieces", 0, 0));
        var trainer = new UnigramTrainer(options, corpus, cancellation);
        if (options.SplitByWhitespace)
        {
            corpus.SplitIntoWords(options.TreatWhitespaceAsSuffix, options.AllowWhitespaceOnlyPieces);
        }

        trainer.BuildTree();
        int desired = (int)(options.VocabSize * 1.1);
        while (true)
        {
            for (int round = 0; round < options.NumSubIterations; round++)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Invoke(new TrainingProgress("estimating probabilities", trainer._pieces.Count, desired));
                trainer.Maximize(trainer.Expect());
            }

            if (trainer._pieces.Count <= desired)
            {
                break;
            }

            progress?.Invoke(new TrainingProgress("dropping pieces", trainer._pieces.Count, desired));
            int before = trainer._pieces.Count;
            trainer.Prune(desired);
            if (trainer._pieces.Count == before && trainer.Expect() is { } expected && !expected.Any(e => e < MinimumExpected))
            {
                throw new VocabularySizeException(
                    $"A vocabulary of {options.VocabSize} is too small for this corpus: {before} pieces cannot be dropped any further. Ask for more pieces.",
                    null, null);
            }
        }

        return trainer.Choose(options.VocabSize - metaCount);
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

        _trie = PieceTrie.Create(_pieces.Select((p, i) => (p.Text, i)));
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

    /// <summary>Takes over a selection of the pieces, given by their numbers, with new scores.</summary>
    private void Replace(List<(int Piece, float Score)> kept)
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
        // Dead branches only cost time, so the tree is rebuilt when most of it is dead.
        if (_trie.Count > 2 * _pieces.Count)
        {
            BuildTree();
        }
    }

    private float[] Expect()
    {
        int parts = _options.NumThreads;
        float[][] expected = new float[parts][];
        InParts(part =>
        {
            float[] sums = expected[part] = new float[_pieces.Count];
            for (int i = part; i < _corpus.Texts.Count; i += parts)
            {
                Fill(_lattices[part], _corpus.Texts[i].Text);
                _lattices[part].AddMarginals(_corpus.Texts[i].Count, sums);
            }
        });
        for (int part = 1; part < parts; part++)
        {
            for (int k = 0; k < expected[0].Length; k++)
            {
                expected[0][k] += expected[part][k];
            }
        }

        return expected[0];
    }

    private void Maximize(float[] expected)
    {
        var kept = new List<(int Piece, float Score)>();
        float sum = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i] < MinimumExpected)
            {
                continue;
            }

            kept.Add((i, expected[i]));
            sum += expected[i];
        }

        float logSum = (float)Digamma(sum);
        for (int i = 0; i < kept.Count; i++)
        {
            kept[i] = (kept[i].Piece, (float)(Digamma(kept[i].Score) - logSum));
        }

        if (kept.Count == 0)
        {
            throw new InvalidDataException(
                "The corpus is too small to train a unigram model on: no piece is expected even half a time. Train on more text.");
        }

        Replace(kept);
    }

    private void Prune(int desired)
    {
        int count = _pieces.Count;
        (bool[] keep, int[][] alternatives) = FindAlternatives();
        (float[] frequency, List<int>[] places, float sentences) = Segment();

        double total = 0;
        foreach (float f in frequency)
        {
            total += f;
        }

        float sum = (float)total;
        float logSum = (float)Math.Log(sum);
        var kept = new List<(int Piece, float Score)>();
        var candidates = new List<(int Piece, float Loss)>();
        for (int i = 0; i < count; i++)
        {
            if (frequency[i] == 0 || !keep[i])
            {
                continue;
            }

            if (alternatives[i].Length == 0)
            {
                kept.Add((i, _pieces[i].Score));
                continue;
            }

            float share = 0;
            foreach (int sentence in places[i])
            {
                share += _corpus.Texts[sentence].Count;
            }

            share /= sentences;
            float logProbability = (float)(Math.Log(frequency[i]) - logSum);
            // 0.1 takes the number of all pieces here where the number of this piece's alternatives is meant.
            float others = (ulong)((_v01 ? count : alternatives[i].Length) - 1);
            float logSumWithout = (float)Math.Log(sum + frequency[i] * others);
            float logAlternatives = 0;
            foreach (int other in alternatives[i])
            {
                logAlternatives = (float)(logAlternatives + (Math.Log(frequency[other] + frequency[i]) - logSumWithout));
            }

            candidates.Add((i, share * (logProbability - logAlternatives)));
        }

        int size = Math.Max(desired, (int)(_options.ShrinkingFactor * count));
        candidates.Sort((a, b) => a.Loss != b.Loss ? b.Loss.CompareTo(a.Loss) : a.Piece.CompareTo(b.Piece));
        foreach ((int piece, float _) in candidates)
        {
            if (kept.Count == size)
            {
                break;
            }

            kept.Add((piece, _pieces[piece].Score));
        }

        Replace(kept);
    }

    /// <summary>For each piece whether its own best path is the piece itself, and if so what its text would be cut into without
    /// it.</summary>
    private (bool[] Keep, int[][] Alternatives) FindAlternatives()
    {
        int count = _pieces.Count;
        bool[] keep = new bool[count];
        int[][] alternatives = new int[count][];
        int parts = _options.NumThreads;
        InParts(part =>
        {
            Lattice lattice = _lattices[part];
            for (int i = part; i < count; i += parts)
            {
                Fill(lattice, _pieces[i].Text);
                List<(int[] Nodes, float Score)> paths = lattice.NBest(2);
                keep[i] = paths.Count == 1 || paths[0].Nodes.Length == 1;
                alternatives[i] = paths.Count > 1 && keep[i] ? [.. paths[1].Nodes.Select(lattice.IdOf)] : [];
            }
        });
        return (keep, alternatives);
    }

    /// <summary>Cuts the whole corpus: how often each piece stands, in which sentences, and how many sentences there are.</summary>
    private (float[] Frequency, List<int>[] Places, float Sentences) Segment()
    {
        int parts = _options.NumThreads, count = _pieces.Count;
        float[][] frequencies = new float[parts][];
        var places = new List<(int Piece, int Sentence)>[parts];
        float[] sentences = new float[parts];
        InParts(part =>
        {
            float[] frequency = frequencies[part] = new float[count];
            List<(int Piece, int Sentence)> place = places[part] = [];
            var path = new List<int>();
            for (int i = part; i < _corpus.Texts.Count; i += parts)
            {
                long weight = _corpus.Texts[i].Count;
                Fill(_lattices[part], _corpus.Texts[i].Text);
                _lattices[part].Viterbi(path);
                sentences[part] += weight;
                foreach (int node in path)
                {
                    int id = _lattices[part].IdOf(node);
                    frequency[id] += weight;
                    place.Add((id, i));
                }
            }
        });
        var all = new List<int>[count];
        for (int i = 0; i < count; i++)
        {
            all[i] = [];
        }

        float[] total = new float[count];
        float sum = 0;
        for (int part = 0; part < parts; part++)
        {
            sum += sentences[part];
            for (int i = 0; i < count; i++)
            {
                total[i] += frequencies[part][i];
            }

            foreach ((int piece, int sentence) in places[part])
            {
                all[piece].Add(sentence);
            }
        }

        return (total, all, sum);
    }

    private List<(byte[] Text, float Score)> Choose(int room)
    {
        var scores = new ByteStringMap(_pieces.Count);
        for (int i = 0; i < _pieces.Count; i++)
        {
            scores.TryAdd(_pieces[i].Text, i);
        }

        var chosen = new List<(byte[] Text, float Score)>();
        var taken = new ByteStringMap(Math.Max(16, room));
        float penalty = 0;
        foreach ((int scalar, long _) in _corpus.RequiredChars)
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
        ordered.Sort(BestFirst);
        foreach ((byte[] Text, float Score) piece in ordered)
        {
            if (taken.Find(piece.Text) >= 0)
            {
                continue;
            }

            if (chosen.Count == room)
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

    private void Fill(Lattice lattice, byte[] text) =>
        lattice.Build(text, _trie, unknownId: 0, _minScore - UnknownPenalty, new Scores(_current));

    private void InParts(Action<int> work) =>
        Parallel.For(0, _options.NumThreads, _options.Parallelism(_cancellation), work);

    private static double Digamma(double x)
    {
        double result = 0;
        for (; x < 7; x++)
        {
            result -= 1 / x;
        }

        x -= 1.0 / 2.0;
        double xx = 1.0 / x;
        double xx2 = xx * xx;
        double xx4 = xx2 * xx2;
        return result + (Math.Log(x) + 1.0 / 24.0 * xx2 - 7.0 / 960.0 * xx4 + 31.0 / 8064.0 * xx4 * xx2 - 127.0 / 30720.0 * xx4 * xx4);
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
