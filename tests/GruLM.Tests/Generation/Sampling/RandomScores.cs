// Scores for tests of sampling: of many shapes and with many equals, since those decide what order and ties mean.

namespace GruLM.Tests.Generation;

internal static class RandomScores
{
    /// <summary>So many scores; the number decides which.</summary>
    public static float[] Of(int count, int number)
    {
        var random = new Random(number);
        float[] scores = [.. Enumerable.Range(0, count).Select(_ => (float)(3 * Normal(random)))];
        switch (number % 8)
        {
            case 1:
                return [.. scores.Select(x => MathF.Round(x))];
            case 2:
                return [.. scores.Select(x => MathF.Round(x / 4) * 1e-6f)];
            case 3:
                return [.. scores.Select(x => x < 0 ? float.NegativeInfinity : x)];
            case 4:
                return [.. scores.Select((_, i) => i % 3 == 0 ? -0f : 0f)];
            case 5:
                // A few far above the others, and one as far below as can be.
                scores[random.Next(count)] = 90;
                scores[random.Next(count)] = float.MinValue;
                scores[random.Next(count)] = 1e20f;
                return scores;
            case 6:
                return [.. Enumerable.Range(0, count).Select(i => (i % 17) - (i * 0.5f))];
            default:
                return scores;
        }
    }

    /// <summary>A standard normal number.</summary>
    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
