// Figures of text by a decoder: what it writes texts by, measured. Each lane of a batch is a session.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Generation;

/// <summary>Scores batches with <paramref name="decoder"/>, which is disposed with it. Not thread-safe.</summary>
public sealed class ScoringDecoder(IDecoder decoder) : IScoringModel
{
    // Scores that are held at once, in numbers.
    private const int MostScores = 1 << 22;

    private readonly List<IDecodingSession> _lanes = [];
    private float[] _logits = [];
    private float[] _logProbs = [];
    private bool[] _right = [];

    /// <inheritdoc/>
    public GruConfig Config => decoder.Config;

    /// <inheritdoc/>
    public LossSums Evaluate(TokenBatch batch) => Score(batch, default);

    /// <inheritdoc/>
    public LossSums Score(TokenBatch batch, Span<float> logProbs)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.CheckIds(Config.VocabSize);
        batch.CheckRoom(logProbs);
        Begin(batch);
        var sums = default(LossSums);
        int rows = batch.Lanes == 1 ? Math.Clamp(MostScores / Config.VocabSize, 1, batch.Steps) : batch.Lanes;
        if (_logits.Length < rows * Config.VocabSize) _logits = new float[rows * Config.VocabSize];
        for (int from = 0; from < batch.Inputs.Length; from += rows)
        {
            int count = Math.Min(rows, batch.Inputs.Length - from);
            ReadOnlySpan<int> ids = batch.Inputs.AsSpan(from, count);
            if (batch.Lanes == 1)
            {
                decoder.Read(_lanes[0], ids, _logits);
            }
            else
            {
                IDecodingSession[] lanes = [.. _lanes.Take(count)];
                decoder.Read(lanes, ids);
                decoder.Logits(lanes, _logits);
            }

            sums += Sum(batch.Targets.AsMemory(from, count), logProbs.IsEmpty ? default : logProbs.Slice(from, count));
        }

        return sums;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDecodingSession lane in _lanes) lane.Dispose();
        decoder.Dispose();
    }

    private void Begin(TokenBatch batch)
    {
        while (_lanes.Count < batch.Lanes) _lanes.Add(decoder.CreateSession());
        for (int lane = 0; lane < batch.Lanes; lane++)
        {
            if (batch.StartsFresh || batch.FreshLanes[lane]) _lanes[lane].Reset();
        }
    }

    private LossSums Sum(ReadOnlyMemory<int> targets, Span<float> logProbs)
    {
        if (_logProbs.Length < targets.Length) (_logProbs, _right) = (new float[targets.Length], new bool[targets.Length]);
        decoder.Share(targets.Length, i => Look(i, targets.Span[i]));
        var sums = default(LossSums);
        for (int i = 0; i < targets.Length; i++)
        {
            if (targets.Span[i] == TokenBatch.Ignored) continue;
            if (!logProbs.IsEmpty) logProbs[i] = _logProbs[i];
            sums += new LossSums(-_logProbs[i], 1, _right[i] ? 1 : 0);
        }

        return sums;
    }

    // How likely the target of row i is, and whether it is the likeliest.
    private void Look(int i, int target)
    {
        if (target == TokenBatch.Ignored) return;
        ReadOnlySpan<float> row = _logits.AsSpan(i * Config.VocabSize, Config.VocabSize);
        var sum = LogSumExp.Of(row);
        (_logProbs[i], _right[i]) = (sum.LogProb(row[target]), sum.Best == target);
    }
}
