// Learns a unigram vocabulary: candidates are all repeats of the corpus, then rounds of expectation and maximisation alternate with
// dropping the pieces whose loss costs least. Results follow the reference to the bit: sums are in single precision over fixed parts of
// the corpus. Which pieces are dropped is UnigramPruner's work.
// Source: Kudo 2018; SentencePiece's unigram trainer, 0.1.97 or 0.2.
namespace GruLM.Tokenization;

/// <summary>The unigram training loop.</summary>
internal sealed class UnigramTrainer
{
    private const float MinimumExpected = 0.5f;

    private readonly TrainingJob _job;
    private readonly TrainingCorpus _corpus;
    private readonly UnigramPieces _pieces;
    private readonly CorpusParts _parts;

    private UnigramTrainer(TrainingJob job, TrainingCorpus corpus, UnigramPieces pieces)
    {
        _job = job;
        _corpus = corpus;
        _pieces = pieces;
        _parts = new CorpusParts(job);
    }

    /// <summary>Trains; returns pieces and scores, best first.</summary>
    public static List<(byte[] Text, float Score)> Train(TrainingJob job, TrainingCorpus corpus)
    {
        job.Report("mining candidate pieces", 0, 0);
        TrainerOptions options = job.Options;
        // Seeds are mined from whole sentences, before these are split.
        List<(byte[] Text, float Score)> seeds = new UnigramSeeds(job, corpus).Make();
        if (options.SplitByWhitespace)
        {
            corpus.SplitIntoWords(job, options.TreatWhitespaceAsSuffix, options.AllowWhitespaceOnlyPieces);
        }

        var trainer = new UnigramTrainer(job, corpus, new UnigramPieces(job, seeds));
        trainer.Learn();
        return trainer._pieces.Choose(corpus.RequiredChars, options.VocabSize - job.Meta.Count);
    }

    private void Learn()
    {
        TrainerOptions options = _job.Options;
        int desired = (int)(options.VocabSize * 1.1);
        var pruner = new UnigramPruner(_job, _corpus, _pieces, _parts);
        while (true)
        {
            for (int round = 0; round < options.NumSubIterations; round++)
            {
                _job.ThrowIfStopped();
                _job.Report("estimating probabilities", _pieces.Count, desired);
                Maximize(Expect());
            }

            int before = _pieces.Count;
            if (before <= desired)
            {
                return;
            }

            _job.Report("dropping pieces", before, desired);
            pruner.Prune(desired);
            if (_pieces.Count == before && !Expect().Any(e => e < MinimumExpected))
            {
                throw new VocabularySizeException(
                    $"A vocabulary of {options.VocabSize} is too small for this corpus: {before} pieces cannot be dropped any further: " +
                    "give a larger 'VocabSize'.", null, null);
            }
        }
    }

    /// <summary>How often each piece is expected in the corpus.</summary>
    private float[] Expect()
    {
        float[][] expected = new float[_parts.Count][];
        _parts.Run((part, lattice) =>
        {
            float[] sums = expected[part] = new float[_pieces.Count];
            for (int i = part; i < _corpus.Texts.Count; i += expected.Length)
            {
                _job.ThrowIfStopped();
                _pieces.Fill(lattice, _corpus.Texts[i].Text);
                lattice.AddMarginals(_corpus.Texts[i].Count, sums);
            }
        });
        for (int part = 1; part < expected.Length; part++)
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

        _pieces.Replace(kept);
    }

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
}
