// Log-probabilities of tokens: the logarithm of the soft-max of a model's raw scores, with the same bits on every machine. docs/int8.md
// defines it one operation at a time.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Generation;

/// <summary>Computes log-probabilities, natural ones. No allocation once it has seen a vocabulary of that size. Not thread-safe.</summary>
public sealed class LogProbs
{
    private readonly KernelPath _path;
    private readonly Ranking _ranking;
    private readonly ScoreRow _scores = new();

    /// <summary>Buffers for computing, which grow with the vocabulary.</summary>
    public LogProbs()
        : this(KernelChoice.Default())
    {
    }

    internal LogProbs(KernelPath path) => (_path, _ranking) = (path, new(path));

    /// <summary>ln p of token <paramref name="chosen"/> for <paramref name="logits"/> [V], in nats. Fills <paramref name="best"/> with the
    /// likeliest tokens, the likeliest first, the lower id first among equals.</summary>
    /// <exception cref="InvalidDataException">A score is NaN or positive infinity.</exception>
    /// <exception cref="ArgumentException">There is no such token, fewer tokens than asked for, or none that is possible.</exception>
    public float Of(ReadOnlySpan<float> logits, int chosen, Span<TokenLogProb> best)
    {
        int count = logits.Length;
        if ((uint)chosen >= (uint)count) throw new ArgumentException($"there is no token {chosen} among {count} scores", nameof(chosen));
        if (best.Length > count) throw new ArgumentException($"{best.Length} tokens are asked for of {count}", nameof(best));
        _scores.Reserve(count);
        if (!ScoreLoops.Copy(_path, logits, _scores)) throw FiniteNumbers.Scores();
        _scores.Fill(count);
        var sum = LogSumExp.Of(_path, logits);
        if (float.IsNegativeInfinity(sum.Most)) throw new ArgumentException("no token is possible; all scores are −∞", nameof(logits));
        if (!best.IsEmpty)
        {
            int place = 0;
            foreach (int id in _ranking.Largest(_scores, count, best.Length)) best[place++] = new(id, sum.LogProb(logits[id]));
        }

        return sum.LogProb(logits[chosen]);
    }
}
