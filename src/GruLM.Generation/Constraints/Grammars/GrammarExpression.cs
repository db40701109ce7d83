// What a rule of a grammar says: the one form that regular expressions, GBNF and JSON schemas are turned into. Characters, not bytes: the
// network (NetworkBuilder.cs) writes them as UTF-8.

namespace GruLM.Generation;

/// <summary>A set of texts. Immutable.</summary>
internal abstract record GrammarExpression
{
    /// <summary>The empty text.</summary>
    public static GrammarExpression Empty { get; } = new InOrder([]);

    /// <summary>This text alone.</summary>
    public static InOrder Text(string text) =>
        new([.. text.EnumerateRunes().Select(rune => new Chars(CodePointSet.Single(rune.Value)))]);

    /// <summary>One character of a set.</summary>
    public sealed record Chars(CodePointSet Set) : GrammarExpression;

    /// <summary>One after another.</summary>
    public sealed record InOrder(IReadOnlyList<GrammarExpression> Parts) : GrammarExpression;

    /// <summary>One of several.</summary>
    public sealed record OneOf(IReadOnlyList<GrammarExpression> Choices) : GrammarExpression;

    /// <summary>The same so many times; null: any number from the least up.</summary>
    public sealed record Repeated(GrammarExpression Part, int Least, int? Most) : GrammarExpression;

    /// <summary>What a rule says, by its number.</summary>
    public sealed record Rule(int Number) : GrammarExpression;

    /// <summary>The texts along the ways of a graph from node 0 to one of its ends; an edge without a label takes no text.</summary>
    public sealed record Graph(int Nodes, IReadOnlyList<GraphEdge> Edges, IReadOnlyList<int> Ends) : GrammarExpression;

    /// <summary>An edge of a graph.</summary>
    public sealed record GraphEdge(int From, GrammarExpression? Label, int To);
}
