// Log-probabilities: the soft-max of double precision within float's rounding, the same bits on every path, and the N best in order.

using GruLM.Generation;
using GruLM.Kernels;

namespace GruLM.Tests.Generation;

public class SampledLogProbTests
{
    [Fact]
    public void Log_probabilities_are_those_of_the_soft_max()
    {
        for (int number = 0; number < 80; number++)
        {
            float[] scores = RandomScores.Of(1 + (number * 37), number);
            if (scores.All(float.IsNegativeInfinity)) continue;
            double max = scores.Max(), log = Math.Log(scores.Sum(x => Math.Exp(x - max)));
            int wanted = Math.Min(scores.Length, 20);
            int[] sorted = [.. Enumerable.Range(0, scores.Length).OrderByDescending(id => scores[id]).ThenBy(id => id).Take(wanted)];
            float? first = null;
            foreach (KernelPath path in KernelChoice.Available)
            {
                var best = new TokenLogProb[wanted];
                int chosen = number % scores.Length;
                float logProb = new LogProbs(path).Of(scores, chosen, best);
                double expected = scores[chosen] - max - log;
                if (double.IsFinite(expected)) Assert.InRange(logProb - expected, -1e-5 - (1e-6 * -expected), 1e-5 + (1e-6 * -expected));
                Assert.Equal(first ??= logProb, logProb);
                Assert.Equal(sorted, best.Select(token => token.Id));
                if (sorted.Contains(chosen)) Assert.Equal(logProb, best.Single(token => token.Id == chosen).LogProb);
            }
        }
    }

    [Fact]
    public void What_cannot_be_asked_is_refused()
    {
        var logProbs = new LogProbs();
        Assert.Throws<ArgumentException>(() => logProbs.Of([], 0, []));
        Assert.Throws<ArgumentException>(() => logProbs.Of([1], 1, []));
        Assert.Throws<ArgumentException>(() => logProbs.Of([1], -1, []));
        Assert.Throws<ArgumentException>(() => logProbs.Of([1], 0, new TokenLogProb[2]));
        Assert.Throws<ArgumentException>(() => logProbs.Of([float.NegativeInfinity], 0, []));
        Assert.Throws<InvalidDataException>(() => logProbs.Of([1, float.NaN], 0, []));
        Assert.Throws<InvalidDataException>(() => logProbs.Of([1, float.PositiveInfinity], 0, []));
        Assert.Equal(0, logProbs.Of([5], 0, []));
        Assert.Equal(float.NegativeInfinity, logProbs.Of([5, float.NegativeInfinity], 1, []));
        float[] scores = RandomScores.Of(300, 8);
        var best = new TokenLogProb[5];
        logProbs.Of(scores, 0, best);
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 100; i++) logProbs.Of(scores, i, best);
        }));
    }
}
