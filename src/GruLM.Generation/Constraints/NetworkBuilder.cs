// From rules to a network. The construction is Thompson's; repetitions are written out, so that a counted one takes room in proportion.
// Source: Thompson, "Regular Expression Search Algorithm", 1968.

namespace GruLM.Generation;

/// <summary>Builds networks. Not thread-safe.</summary>
internal sealed class NetworkBuilder
{
    private const int MostNodes = 1 << 19;

    // Beyond any limit, and small enough to be multiplied by a number of repetitions.
    private const long Endless = 1L << 40;

    private readonly IReadOnlyList<GrammarRule> _rules;
    private readonly Network _network;
    private readonly Utf8Edges _utf8;

    private NetworkBuilder(IReadOnlyList<GrammarRule> rules)
    {
        _rules = rules;
        _network = new Network { Starts = new int[rules.Count], Ends = new int[rules.Count] };
        _utf8 = new(_network);
    }

    /// <summary>The network of a grammar. Throws <see cref="ArgumentException"/> when it is left-recursive or too large.</summary>
    public static Network Build(IReadOnlyList<GrammarRule> rules) => new NetworkBuilder(rules).Build();

    private Network Build()
    {
        foreach (GrammarRule rule in _rules)
        {
            // Before any of it is built, which takes time.
            if (LeastNodes(rule.Says) > MostNodes) throw TooLarge(rule);
        }

        for (int r = 0; r < _rules.Count; r++)
        {
            (_network.Starts[r], _network.Ends[r]) = (_network.Add(), _network.Add());
            _network[_network.Ends[r]].IsEnd = true;
        }

        for (int r = 0; r < _rules.Count; r++) Add(_rules[r].Says, _network.Starts[r], _network.Ends[r], _rules[r]);
        _network.ClassifyBytes();
        _network.IsNullable = Nullable();
        _network.Order = Order();
        return _network;
    }

    private void Add(GrammarExpression says, int from, int to, GrammarRule rule)
    {
        if (_network.Count > MostNodes) throw TooLarge(rule);
        switch (says)
        {
            case GrammarExpression.Chars chars:
                _utf8.Add(from, chars.Set, to);
                break;
            case GrammarExpression.InOrder inOrder:
                AddInOrder(inOrder.Parts, from, to, rule);
                break;
            case GrammarExpression.OneOf oneOf:
                foreach (GrammarExpression choice in oneOf.Choices) Add(choice, from, to, rule);
                break;
            case GrammarExpression.Repeated repeated:
                AddRepeated(repeated, from, to, rule);
                break;
            case GrammarExpression.Rule called:
                _network[from].AddCall(called.Number, to);
                break;
            case GrammarExpression.Graph graph:
                AddGraph(graph, from, to, rule);
                break;
        }
    }

    // The nodes that Add adds, but for those inside of characters.
    private static long LeastNodes(GrammarExpression says) => says switch
    {
        GrammarExpression.InOrder inOrder => Math.Min(Endless, Math.Max(inOrder.Parts.Count - 1, 0) + inOrder.Parts.Sum(LeastNodes)),
        GrammarExpression.OneOf oneOf => Math.Min(Endless, oneOf.Choices.Sum(LeastNodes)),
        GrammarExpression.Repeated repeated => Math.Min(Endless, LeastNodes(repeated)),
        GrammarExpression.Graph graph => graph.Nodes,
        _ => 0,
    };

    private static long LeastNodes(GrammarExpression.Repeated repeated)
    {
        long part = LeastNodes(repeated.Part), least = repeated.Least * (1 + part);
        return least + (repeated.Most is { } most ? (most - repeated.Least) * (2 + part) : 1 + part);
    }

    private static ArgumentException TooLarge(GrammarRule rule) =>
        new($"{rule.Place}{rule.Name} is too large: its repetitions, written out, are too many; lower a limit");

    private void AddInOrder(IReadOnlyList<GrammarExpression> parts, int from, int to, GrammarRule rule)
    {
        if (parts.Count == 0)
        {
            _network[from].AddFree(to);
            return;
        }

        for (int i = 0; i < parts.Count; i++)
        {
            int next = i == parts.Count - 1 ? to : _network.Add();
            Add(parts[i], from, next, rule);
            from = next;
        }
    }

    private void AddRepeated(GrammarExpression.Repeated repeated, int from, int to, GrammarRule rule)
    {
        for (int i = 0; i < repeated.Least; i++)
        {
            int next = _network.Add();
            Add(repeated.Part, from, next, rule);
            from = next;
        }

        if (repeated.Most is not { } most)
        {
            int loop = _network.Add();
            _network[from].AddFree(loop);
            Add(repeated.Part, loop, loop, rule);
            from = loop;
        }
        else
        {
            for (int i = repeated.Least; i < most; i++)
            {
                // A node of its own, since the one before may be gone back to.
                (int begin, int next) = (_network.Add(), _network.Add());
                _network[from].AddFree(begin);
                _network[begin].AddFree(to);
                Add(repeated.Part, begin, next, rule);
                from = next;
            }
        }

        _network[from].AddFree(to);
    }

    private void AddGraph(GrammarExpression.Graph graph, int from, int to, GrammarRule rule)
    {
        int[] nodes = new int[graph.Nodes];
        for (int i = 0; i < nodes.Length; i++) nodes[i] = _network.Add();
        _network[from].AddFree(nodes[0]);
        foreach ((int start, GrammarExpression? label, int end) in graph.Edges)
        {
            if (label is null) _network[nodes[start]].AddFree(nodes[end]);
            else Add(label, nodes[start], nodes[end], rule);
        }

        foreach (int end in graph.Ends) _network[nodes[end]].AddFree(to);
    }

    private bool[] Nullable()
    {
        _network.IsNullable = new bool[_rules.Count];
        bool[] nullable = _network.IsNullable;
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int r = 0; r < nullable.Length; r++)
            {
                if (nullable[r] || !_network.CloseFrom(_network.Starts[r]).Ends) continue;
                nullable[r] = changed = true;
            }
        }

        return nullable;
    }

    // Rules before those that they begin with; where there is a circle, one of it is left-recursive.
    private int[] Order()
    {
        IEnumerable<NetworkClosure> begins = _network.Starts.Select(_network.CloseFrom);
        int[][] first = [.. begins.Select(closure => closure.Calls.Select(call => call.Rule).Distinct().ToArray())];
        int[] place = new int[first.Length];
        Array.Fill(place, -1);
        int left = first.Length;
        HashSet<int> open = [];
        Stack<(int Rule, int Done)> way = new();
        for (int r = 0; r < first.Length; r++)
        {
            if (place[r] >= 0) continue;
            way.Push((r, 0));
            open.Add(r);
            while (way.TryPop(out (int Rule, int Done) at))
            {
                if (at.Done == first[at.Rule].Length)
                {
                    place[at.Rule] = --left;
                    open.Remove(at.Rule);
                    continue;
                }

                way.Push((at.Rule, at.Done + 1));
                int next = first[at.Rule][at.Done];
                if (place[next] >= 0) continue;
                if (!open.Add(next)) throw LeftRecursive(next);
                way.Push((next, 0));
            }
        }

        return place;
    }

    private ArgumentException LeftRecursive(int rule) => new(
        $"{_rules[rule].Place}{_rules[rule].Name} is left-recursive: it may begin with itself, before any character; "
        + "let it begin with something else");
}
