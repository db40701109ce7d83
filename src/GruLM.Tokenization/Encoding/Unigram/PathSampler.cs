// Random paths of a lattice, drawn backwards from the end by the log sums of all paths. Draws without replacement are PathSearch's work.
// Source: Kudo 2018; the draw of an index is as std::discrete_distribution's.
using System.Runtime.InteropServices;

namespace GruLM.Tokenization;

/// <summary>Draws paths of a lattice.</summary>
internal static class PathSampler
{
    /// <summary>One random path of a lattice, with probability proportional to exp(theta · score).</summary>
    public static int[] Sample(Lattice lattice, float theta, MersenneTwister random)
    {
        if (lattice.Length == 0)
        {
            return [];
        }

        lattice.Forward(theta);
        var path = new List<int>();
        var weights = new List<double>();
        int position = lattice.Length;
        float z = lattice.AlphaAt(position);
        while (true)
        {
            weights.Clear();
            for (int left = lattice.FirstEnding(position); left >= 0; left = lattice.NextEnding(left))
            {
                weights.Add((float)Math.Exp((double)(lattice.StartAlpha(left) + theta * lattice.ScoreOf(left) - z)));
            }

            int choice = Draw(CollectionsMarshal.AsSpan(weights), random);
            int node = lattice.FirstEnding(position);
            for (; choice > 0; choice--)
            {
                node = lattice.NextEnding(node);
            }

            if (node == Lattice.Bos)
            {
                break;
            }

            path.Add(node);
            position = lattice.StartOf(node);
            z = lattice.AlphaAt(position);
        }

        path.Reverse();
        return [.. path];
    }

    /// <summary>Draws an index with probability proportional to its weight, as std::discrete_distribution does.</summary>
    public static int Draw(Span<double> weights, MersenneTwister random)
    {
        if (weights.Length < 2)
        {
            return 0;
        }

        double sum = 0;
        foreach (double weight in weights)
        {
            sum += weight;
        }

        double cumulated = 0;
        double draw = random.NextDouble();
        for (int i = 0; i < weights.Length - 1; i++)
        {
            cumulated += weights[i] / sum;
            if (!(cumulated < draw))
            {
                return i;
            }
        }

        return weights.Length - 1;
    }
}
