// Strings that match a pattern and have a length within bounds: the pattern's network is walked with a count of characters beside it.

using GruLM.Generation;

namespace GruLM;

/// <summary>Writes patterns with lengths as graphs.</summary>
internal static class PatternTexts
{
    private const long MostNodes = 200_000;

    /// <summary>What stands between the quotation marks. Throws <see cref="ArgumentException"/>, which begins with
    /// <paramref name="place"/>, where that is too large.</summary>
    public static GrammarExpression Of(GrammarExpression pattern, int least, int? most, string place)
    {
        // What is never longer is not counted.
        if (most >= Longest(pattern)) most = null;
        Network network = NetworkBuilder.Build([new GrammarRule("the pattern", place, pattern)]);

        // Without an upper bound, more than the lower one is not counted.
        int counts = (most ?? least) + 1;
        if ((long)network.Count * counts > MostNodes)
        {
            throw new ArgumentException($"{place}the pattern with its lengths is too large; lower 'maxLength' or 'minLength'");
        }

        // The start is the rule's, node 0; a node and a count are a node of the graph.
        List<GrammarExpression.GraphEdge> edges = [];
        Dictionary<CodePointSet, GrammarExpression> labels = [];
        for (int node = 0; node < network.Count; node++)
        {
            for (int count = 0; count < counts; count++)
            {
                int from = (node * counts) + count;
                foreach (int target in network[node].Free) edges.Add(new(from, null, (target * counts) + count));
                int next = count < counts - 1 ? count + 1 : most is null ? count : -1;
                if (next < 0) continue;
                foreach ((CodePointSet set, int target) in network[node].Chars)
                {
                    if (!labels.TryGetValue(set, out GrammarExpression? label)) labels[set] = label = JsonTexts.Character(set);
                    edges.Add(new(from, label, (target * counts) + next));
                }
            }
        }

        int end = network.Ends[0] * counts;
        return new GrammarExpression.Graph(network.Count * counts, edges, [.. Enumerable.Range(end + least, counts - least)]);
    }

    // The characters of its longest text.
    private static double Longest(GrammarExpression pattern) => pattern switch
    {
        GrammarExpression.Chars => 1,
        GrammarExpression.InOrder order => order.Parts.Sum(Longest),
        GrammarExpression.OneOf one => one.Choices.Max(Longest),
        GrammarExpression.Repeated { Most: { } most } repeated => most == 0 ? 0 : most * Longest(repeated.Part),
        _ => double.PositiveInfinity,
    };
}
