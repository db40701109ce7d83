// Drops candidate pieces of a unigram training: the corpus is cut with all of them, and for each piece is estimated what the likelihood
// would lose if its text were cut into other pieces. Those that cost most stay.
// Source: Kudo 2018; SentencePiece's unigram trainer, 0.1.97 or 0.2.
namespace GruLM.Tokenization;

/// <summary>Chooses which pieces a unigram training goes on with.</summary>
internal sealed class UnigramPruner(TrainingJob job, TrainingCorpus corpus, UnigramPieces pieces, CorpusParts parts)
{
    private readonly bool _v01 = job.Options.Compat == Compatibility.V01;

    /// <summary>Drops a share of the pieces, but none once <paramref name="desired"/> are left.</summary>
    public void Prune(int desired)
    {
        int count = pieces.Count;
        (bool[] keep, int[][] alternatives) = FindAlternatives();
        Segmentation corpusCut = Segment();
        var kept = new List<(int Piece, float Score)>();
        var candidates = new List<(int Piece, float Loss)>();
        for (int i = 0; i < count; i++)
        {
            job.ThrowIfStopped();
            if (corpusCut.Frequency[i] == 0 || !keep[i])
            {
                continue;
            }

            if (alternatives[i].Length == 0)
            {
                kept.Add((i, pieces[i].Score));
            }
            else
            {
                candidates.Add((i, Loss(i, alternatives[i], corpusCut)));
            }
        }

        int size = Math.Max(desired, (int)(job.Options.ShrinkingFactor * count));
        job.Sort(candidates, (a, b) => a.Loss != b.Loss ? b.Loss.CompareTo(a.Loss) : a.Piece.CompareTo(b.Piece));
        foreach ((int piece, float _) in candidates)
        {
            if (kept.Count == size)
            {
                break;
            }

            kept.Add((piece, pieces[piece].Score));
        }

        pieces.Replace(kept);
    }

    /// <summary>What the log-likelihood of the corpus loses where a piece is replaced by its alternative.</summary>
    private float Loss(int piece, int[] alternative, Segmentation corpusCut)
    {
        float frequency = corpusCut.Frequency[piece];
        float share = 0;
        foreach (int text in corpusCut.Places[piece])
        {
            share += corpus.Texts[text].Count;
        }

        share /= corpusCut.Texts;
        float logProbability = (float)(Math.Log(frequency) - corpusCut.LogTotal);
        // 0.1 takes the number of all pieces here where the number of this piece's alternatives is meant.
        float others = (ulong)((_v01 ? pieces.Count : alternative.Length) - 1);
        float logTotalWithout = (float)Math.Log(corpusCut.Total + frequency * others);
        float logAlternative = 0;
        foreach (int other in alternative)
        {
            logAlternative = (float)(logAlternative + (Math.Log(corpusCut.Frequency[other] + frequency) - logTotalWithout));
        }

        return share * (logProbability - logAlternative);
    }

    /// <summary>For each piece whether its own best path is the piece itself, and if so what its text would be cut into without
    /// it.</summary>
    private (bool[] Keep, int[][] Alternatives) FindAlternatives()
    {
        int count = pieces.Count;
        bool[] keep = new bool[count];
        int[][] alternatives = new int[count][];
        parts.Run((part, lattice) =>
        {
            var search = new PathSearch(lattice);
            for (int i = part; i < count; i += parts.Count)
            {
                job.ThrowIfStopped();
                pieces.Fill(lattice, pieces[i].Text);
                List<(int[] Nodes, float Score)> paths = search.NBest(2);
                keep[i] = paths.Count == 1 || paths[0].Nodes.Length == 1;
                alternatives[i] = paths.Count > 1 && keep[i] ? [.. paths[1].Nodes.Select(lattice.IdOf)] : [];
            }
        });
        return (keep, alternatives);
    }

    /// <summary>Cuts the whole corpus with the pieces.</summary>
    private Segmentation Segment()
    {
        float[][] frequencies = new float[parts.Count][];
        var places = new List<(int Piece, int Text)>[parts.Count];
        float[] texts = new float[parts.Count];
        parts.Run((part, lattice) =>
        {
            float[] frequency = frequencies[part] = new float[pieces.Count];
            List<(int Piece, int Text)> place = places[part] = [];
            var path = new List<int>();
            for (int i = part; i < corpus.Texts.Count; i += parts.Count)
            {
                job.ThrowIfStopped();
                long weight = corpus.Texts[i].Count;
                pieces.Fill(lattice, corpus.Texts[i].Text);
                lattice.Viterbi(path);
                texts[part] += weight;
                foreach (int node in path)
                {
                    int id = lattice.IdOf(node);
                    frequency[id] += weight;
                    place.Add((id, i));
                }
            }
        });
        return Merge(frequencies, places, texts);
    }

    private Segmentation Merge(float[][] frequencies, List<(int Piece, int Text)>[] places, float[] texts)
    {
        float[] frequency = new float[pieces.Count];
        var textsOf = new List<int>[pieces.Count];
        for (int i = 0; i < textsOf.Length; i++)
        {
            textsOf[i] = [];
        }

        float allTexts = 0;
        for (int part = 0; part < parts.Count; part++)
        {
            job.ThrowIfStopped();
            allTexts += texts[part];
            for (int i = 0; i < frequency.Length; i++)
            {
                frequency[i] += frequencies[part][i];
            }

            foreach ((int piece, int text) in places[part])
            {
                textsOf[piece].Add(text);
            }
        }

        double total = 0;
        foreach (float f in frequency)
        {
            total += f;
        }

        return new Segmentation(frequency, textsOf, allTexts, (float)total, (float)Math.Log((float)total));
    }

    /// <summary>The corpus as cut by the pieces.</summary>
    /// <param name="Frequency">How often each piece stands.</param>
    /// <param name="Places">The texts that each piece stands in.</param>
    /// <param name="Texts">How many texts there are, each with its count.</param>
    /// <param name="Total">The sum of all frequencies.</param>
    /// <param name="LogTotal">Its logarithm.</param>
    private sealed record Segmentation(float[] Frequency, List<int>[] Places, float Texts, float Total, float LogTotal);
}
