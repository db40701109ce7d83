// How likely a model finds a text after another one, for choosing between alternatives. The texts are read as prompts are, token by token:
// they are short, and most of what is compared is the same context with other continuations.

using GruLM.Generation;
using GruLM.Model;

namespace GruLM;

/// <summary>Scores continuations.</summary>
internal static class ContinuationScoring
{
    /// <summary>What <see cref="LanguageModel.LogProb"/> says.</summary>
    public static double LogProb(LanguageModel model, string context, string continuation)
    {
        if (model.Ids.Opening < 0 && context.Length == 0)
        {
            // Nothing precedes the first token, which goes unpredicted.
            return FromNothing(model, [.. model.PromptIds(continuation)]);
        }

        List<int> before = [.. model.PromptIds(context)], whole = [.. model.PromptIds(context + continuation)];

        // What both begin with is read once; it is the whole context unless a token straddles the seam.
        int common = before.Zip(whole).TakeWhile(pair => pair.First == pair.Second).Count();
        IDecodingSession session = model.NewExactSession();
        try
        {
            foreach (int id in before[..common])
            {
                using (model.TakeTurn()) session.Read(id);
            }

            if (common == before.Count) return Sum(model, session, whole[common..]);
            float[] state;
            using (model.TakeTurn()) state = session.SaveState();
            double sum = Sum(model, session, whole[common..]);
            using (model.TakeTurn()) session.RestoreState(state);
            return sum - Sum(model, session, before[common..]);
        }
        finally
        {
            model.EndSession(session);
        }
    }

    private static double FromNothing(LanguageModel model, List<int> ids)
    {
        IDecodingSession session = model.NewExactSession();
        try
        {
            using (model.TakeTurn()) session.Read(ids[0]);
            return Sum(model, session, ids[1..]);
        }
        finally
        {
            model.EndSession(session);
        }
    }

    // The log-probability of tokens after what the session has read.
    private static double Sum(LanguageModel model, IDecodingSession session, List<int> ids)
    {
        double sum = 0;
        foreach (int id in ids)
        {
            using Turns.Turn turn = model.TakeTurn();
            sum += LogProb(session.Logits(), id);
            session.Read(id);
        }

        if (!double.IsFinite(sum)) throw FiniteNumbers.Scores();
        return sum;
    }

    private static double LogProb(ReadOnlySpan<float> logits, int id)
    {
        double most = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits) most = Math.Max(most, logit);
        foreach (float logit in logits) sum += Math.Exp(logit - most);
        return logits[id] - most - Math.Log(sum);
    }
}
