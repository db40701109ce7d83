// Char and word models: the most frequent characters or words with the logarithm of their share as score. Nothing is learned beyond
// counting. Source: SentencePiece's character and word trainers.
namespace GruLM.Tokenization;

/// <summary>Counting trainers.</summary>
internal static class CharAndWordTrainers
{
    /// <summary>The characters of the corpus.</summary>
    public static List<(byte[] Text, float Score)> TrainCharacters(TrainingJob job, TrainingCorpus corpus) =>
        Take(job.Options, job.Meta.Count, [.. corpus.RequiredChars.Select(c => new CountedText(Utf8Bytes.Encode(c.Scalar), c.Count))]);

    /// <summary>The words of the corpus.</summary>
    public static List<(byte[] Text, float Score)> TrainWords(TrainingJob job, TrainingCorpus corpus)
    {
        corpus.SplitIntoWords(job, whitespaceAsSuffix: false, allowWhitespaceOnly: false);
        return Take(job.Options, job.Meta.Count, corpus.Texts);
    }

    private static List<(byte[] Text, float Score)> Take(TrainerOptions options, int metaCount, List<CountedText> counted)
    {
        int wanted = options.VocabSize - metaCount;
        if (wanted < 0)
        {
            throw new VocabularySizeException(
                $"A vocabulary of {options.VocabSize} is too small: {metaCount} special pieces need at least {metaCount}: " +
                $"give 'VocabSize' {metaCount} or more.", metaCount, null);
        }

        byte[] mask = Utf8Bytes.Encode(PieceRules.Unknown);
        float logTotal = MathF.Log((ulong)counted.Sum(c => c.Count));
        var pieces = new List<(byte[], float)>();
        foreach ((byte[] text, long count) in counted)
        {
            if (text.AsSpan().IndexOf(mask) >= 0)
            {
                continue;
            }

            if (!options.UseAllVocab && pieces.Count == wanted)
            {
                break;
            }

            pieces.Add((text, MathF.Log((ulong)count) - logTotal));
        }

        return pieces;
    }
}
