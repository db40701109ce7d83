// What follows behind the rule that a text is in: the set of nodes that may come after it, each with what follows behind that one's own
// rule. Texts that call the same rule at the same place share one, so that a grammar with many readings does not multiply them.

namespace GruLM.Generation;

/// <summary>A set of stacks. Immutable.</summary>
/// <param name="entries">The nodes, in order.</param>
/// <param name="number">Tells it from others of its automaton.</param>
/// <param name="least">The bound of tokens that it takes at least.</param>
internal sealed class Continuation(ContinuationEntry[] entries, int number, int least)
{
    public ContinuationEntry[] Entries => entries;

    public int Number => number;

    public int Least => least;
}

/// <summary>A node, and what follows behind its rule; null behind the text's end.</summary>
internal readonly record struct ContinuationEntry(int Node, Continuation? Behind) : IComparable<ContinuationEntry>
{
    /// <summary>The end of the text.</summary>
    public static readonly ContinuationEntry End = new(-1, null);

    /// <summary>Whether it is the end of the text.</summary>
    public bool IsEnd => Behind is null;

    public int CompareTo(ContinuationEntry other)
    {
        int byNode = Node.CompareTo(other.Node);
        return byNode != 0 ? byNode : (Behind?.Number ?? -1).CompareTo(other.Behind?.Number ?? -1);
    }
}
