// A document as its model reads it, with room for what comes out: the log-probability of each token that is predicted.

using GruLM.Corpus;
using GruLM.Model;

namespace GruLM;

/// <summary>The tokens of a document.</summary>
/// <param name="document">The document.</param>
/// <param name="ids">What is read, each the target of the one before it; empty for a document that is not scored.</param>
/// <param name="ends">Where each of them ends, in UTF-8 bytes; that of the first is where the predicted text begins.</param>
internal sealed class EncodedDocument(CorpusDocument document, int[] ids, int[] ends)
{
    /// <summary>What is read.</summary>
    public ReadOnlySpan<int> Ids => ids;

    /// <summary>Tokens to predict.</summary>
    public int Steps { get; } = Math.Max(0, ids.Length - 1);

    /// <summary>The natural log-probability of each.</summary>
    public float[] LogProbs { get; } = new float[Math.Max(0, ids.Length - 1)];

    /// <summary>The figures, once all is there.</summary>
    public DocumentScore Figures(long index)
    {
        double nll = 0;
        foreach (float logProb in LogProbs) nll -= logProb;
        long bytes = Steps == 0 ? 0 : ends[^1] - ends[0];
        return new DocumentScore
        {
            Index = index,
            Document = document,
            Tokens = Steps,
            Bytes = bytes,
            Nll = nll,
            BitsPerByte = Steps == 0 ? null : Bits(nll, bytes),
            Worst = Steps == 0 ? null : Worst(),
        };
    }

    private ScoredStretch Worst()
    {
        int length = Math.Min(DocumentScore.StretchTokens, Steps);
        double nll = 0;
        ScoredStretch worst = default;
        for (int end = 1; end <= Steps; end++)
        {
            nll -= LogProbs[end - 1];
            int start = end - length;
            if (start < 0) continue;
            if (start > 0) nll += LogProbs[start - 1];
            int bytes = ends[end] - ends[start];
            double bits = Bits(nll, bytes);
            if (start == 0 || bits > worst.BitsPerByte) worst = new ScoredStretch(ends[start], bytes, bits);
        }

        return worst;
    }

    // As evaluation has it, also for tokens without a byte.
    private static double Bits(double nll, long bytes) => new LossSums(nll, 0, 0).BitsPerByte(bytes);
}
