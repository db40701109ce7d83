// Documents of different lengths side by side, each from a zero state: the longest first, one a lane, and a lane whose document has ended
// takes the next one. The lanes go so many steps at a time that few of them wait for others. A document that is longer than all that could
// be read beside it goes with those of its own length, so that it does not drag empty lanes along.

using GruLM.Model;

namespace GruLM;

/// <summary>Scores documents with <paramref name="scorer"/>, in turns of <paramref name="model"/>. Not thread-safe.</summary>
internal sealed class DocumentLanes(LanguageModel model, IScoringModel scorer)
{
    private const int MostLanes = 256;
    private const int MostTokens = 4096;

    // Of a batch, in multiplications of weights: what a slow machine does in a fraction of a second.
    private const long MostProducts = 20_000_000_000;

    // What a batch costs besides its steps, in steps.
    private const double StepsABatch = 2;

    // How full the lanes are to be at least, where documents of all lengths are read beside each other.
    private const double LeastFilled = 0.75;

    private readonly int _tokensABatch = TokensABatch(scorer.Config);
    private float[] _logProbs = [];
    private int[] _lengths = [];

    /// <summary>Scores documents that have something to predict.</summary>
    public void Score(IEnumerable<EncodedDocument> documents, CancellationToken cancel)
    {
        EncodedDocument[] byLength = [.. documents.Where(document => document.Steps > 0).OrderByDescending(document => document.Steps)];
        long left = byLength.Sum(document => (long)document.Steps);
        for (int at = 0; at < byLength.Length;)
        {
            int longest = byLength[at].Steps, lanes = Math.Min(Math.Min(MostLanes, _tokensABatch), byLength.Length - at);
            int count = byLength.Length - at;
            if (left < LeastFilled * longest * lanes)
            {
                count = 1;
                while (count < lanes && byLength[at + count].Steps > longest * LeastFilled) count++;
                lanes = count;
            }

            Run(byLength.AsSpan(at, count), new Lane[lanes], cancel);
            foreach (EncodedDocument document in byLength.AsSpan(at, count)) left -= document.Steps;
            at += count;
        }
    }

    private static int TokensABatch(GruConfig config)
    {
        long products = (long)config.VocabSize * config.HiddenDim;
        for (int l = 0; l < config.NumLayers; l++) products += 3L * config.HiddenDim * (config.InputDim(l) + config.HiddenDim);
        return (int)Math.Clamp(MostProducts / products, 1, MostTokens);
    }

    private void Run(ReadOnlySpan<EncodedDocument> documents, Lane[] lanes, CancellationToken cancel)
    {
        int next = 0;
        for (bool isFirst = true; ; isFirst = false)
        {
            cancel.ThrowIfCancellationRequested();
            bool any = false;
            foreach (ref Lane lane in lanes.AsSpan())
            {
                if (lane.Left == 0) lane = next < documents.Length ? new Lane(documents[next++]) : default;
                any |= lane.Left > 0;
            }

            if (!any) return;
            var batch = new TokenBatch(Steps(lanes), lanes.Length) { StartsFresh = isFirst };
            for (int b = 0; b < lanes.Length; b++) Fill(batch, b, lanes[b]);
            if (_logProbs.Length < batch.Targets.Length) _logProbs = new float[batch.Targets.Length];
            Span<float> logProbs = _logProbs.AsSpan(0, batch.Targets.Length);
            logProbs.Clear();
            using (model.TakeTurn()) scorer.Score(batch, logProbs);
            if (!FiniteNumbers.AreAll(logProbs)) throw FiniteNumbers.Scores();
            for (int b = 0; b < lanes.Length; b++) lanes[b].Take(batch, b, logProbs);
        }
    }

    // How many steps the next batch has: those that the most predicted tokens come out of for what they cost.
    private int Steps(Lane[] lanes)
    {
        if (_lengths.Length != lanes.Length) _lengths = new int[lanes.Length];
        for (int b = 0; b < lanes.Length; b++) _lengths[b] = lanes[b].Left;
        Array.Sort(_lengths);
        int most = Math.Min(_lengths[^1], Math.Max(1, _tokensABatch / lanes.Length)), best = most;
        double bestGain = 0;
        long ended = 0;
        for (int i = 0; i < _lengths.Length; i++)
        {
            int steps = Math.Min(_lengths[i], most);
            double gain = (ended + ((long)steps * (_lengths.Length - i))) / (steps + StepsABatch);
            if (gain > bestGain) (bestGain, best) = (gain, steps);
            ended += _lengths[i];
            if (steps == most) break;
        }

        return best;
    }

    private static void Fill(TokenBatch batch, int b, Lane lane)
    {
        batch.FreshLanes[b] = lane.At == 0;
        for (int t = 0; t < batch.Steps; t++)
        {
            int at = (t * batch.Lanes) + b;
            bool isInside = t < lane.Left;
            batch.Inputs[at] = isInside ? lane.Document!.Ids[lane.At + t] : 0;
            batch.Targets[at] = isInside ? lane.Document!.Ids[lane.At + t + 1] : TokenBatch.Ignored;
        }
    }

    // The document that a lane reads, and how far it is; none where there is no more.
    private record struct Lane(EncodedDocument? Document)
    {
        public int At { get; private set; }

        public readonly int Left => Document is null ? 0 : Document.Steps - At;

        public void Take(TokenBatch batch, int b, ReadOnlySpan<float> logProbs)
        {
            int count = Math.Min(batch.Steps, Left);
            for (int t = 0; t < count; t++) Document!.LogProbs[At + t] = logProbs[(t * batch.Lanes) + b];
            At += count;
        }
    }
}
