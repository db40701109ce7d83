// How likely a model finds a text, token by token: the text is read and tokenised as it comes, the state is carried, and memory does not
// depend on its length. Batches are those of Evaluation.Stream, so that the sums of both agree.

using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>Scores text that is read from a stream.</summary>
internal static class TextScoring
{
    private const int Window = 256;
    private const int ReadBytes = 1 << 16;

    /// <summary>The tokens of a text that is clean already with their log-probabilities, a window at a time, while it is being read. Every
    /// enumeration has a state of its own, and computes in the model's turns.</summary>
    public static IEnumerable<ScoredToken[]> Windows(LanguageModel model, Stream text, CancellationToken cancel)
    {
        IScoringModel scorer = model.TakeScorer();
        try
        {
            // The first of these has been returned already; the model has not read it yet.
            var pieces = new List<StreamedPiece>();
            var full = new TokenBatch(Window, 1);
            bool begun = false, fresh = true;
            foreach (bool ended in Read(model.Tokenizer, text, pieces, cancel))
            {
                if (!begun && pieces.Count > 0)
                {
                    begun = true;
                    yield return [new ScoredToken(pieces[0].Id, pieces[0].Text, null, pieces[0].End)];
                }

                int from = 0;
                for (int left; (left = pieces.Count - 1 - from) >= Window || (ended && left > 0);)
                {
                    cancel.ThrowIfCancellationRequested();
                    TokenBatch batch = left >= Window ? full : new TokenBatch(left, 1);
                    batch.StartsFresh = fresh;
                    fresh = false;
                    yield return Score(model, scorer, batch, pieces, from);
                    from += batch.Steps;
                }

                pieces.RemoveRange(0, from);
            }
        }
        finally
        {
            model.ReturnScorer(scorer);
        }
    }

    // The pieces after the one at from, as many as the batch has steps.
    private static ScoredToken[] Score(
        LanguageModel model, IScoringModel scorer, TokenBatch batch, List<StreamedPiece> pieces, int from)
    {
        for (int t = 0; t < batch.Steps; t++)
        {
            (batch.Inputs[t], batch.Targets[t]) = (pieces[from + t].Id, pieces[from + t + 1].Id);
        }

        float[] logProbs = new float[batch.Steps];
        using (model.TakeTurn()) scorer.Score(batch, logProbs);
        if (!FiniteNumbers.AreAll(logProbs)) throw FiniteNumbers.Scores();
        var scored = new ScoredToken[batch.Steps];
        for (int t = 0; t < batch.Steps; t++)
        {
            StreamedPiece piece = pieces[from + t + 1];
            scored[t] = new ScoredToken(piece.Id, piece.Text, logProbs[t], piece.End);
        }

        return scored;
    }

    // Appends pieces as they become certain, and gives each time whether those were the last.
    private static IEnumerable<bool> Read(Tokenizer tokenizer, Stream text, List<StreamedPiece> pieces, CancellationToken cancel)
    {
        StreamingEncoder encoder = tokenizer.CreateStreamingEncoder();
        byte[] buffer = new byte[ReadBytes];
        int read;
        do
        {
            cancel.ThrowIfCancellationRequested();
            read = text.Read(buffer);
            encoder.Push(buffer.AsSpan(0, read), pieces);
            if (read == 0) encoder.Flush(pieces);
            yield return read == 0;
        }
        while (read > 0);
    }
}
