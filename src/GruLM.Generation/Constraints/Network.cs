// A grammar as a network of nodes: each rule has a start and an end; edges take a byte, nothing, or all of another rule's text. Texts are
// the ways from the root's start to its end.

namespace GruLM.Generation;

/// <summary>The network of a grammar. Immutable once it is built, and then thread-safe.</summary>
internal sealed class Network
{
    private readonly List<NetworkNode> _nodes = [];

    /// <summary>Number of nodes.</summary>
    public int Count => _nodes.Count;

    /// <summary>Rules' start nodes.</summary>
    public required int[] Starts { get; init; }

    /// <summary>Rules' end nodes.</summary>
    public required int[] Ends { get; init; }

    /// <summary>Whether a rule fits the empty text.</summary>
    public bool[] IsNullable { get; set; } = [];

    /// <summary>Places of rules in an order in which none begins with one that stands before it.</summary>
    public int[] Order { get; set; } = [];

    /// <summary>For each byte the number of its class: no edge tells apart two bytes of a class.</summary>
    public byte[] ClassOf { get; } = new byte[256];

    /// <summary>Number of classes.</summary>
    public int Classes { get; private set; }

    /// <summary>A node.</summary>
    public NetworkNode this[int node] => _nodes[node];

    /// <summary>Adds a node.</summary>
    public int Add()
    {
        _nodes.Add(new());
        return _nodes.Count - 1;
    }

    /// <summary>The rules that a rule calls.</summary>
    public IEnumerable<int> CalledBy(int rule)
    {
        HashSet<int> seen = [Starts[rule]];
        Queue<int> next = new(seen);
        while (next.TryDequeue(out int node))
        {
            foreach ((int called, int _) in _nodes[node].Calls) yield return called;
            IEnumerable<int> targets = _nodes[node].Bytes.Select(edge => edge.Target).Concat(_nodes[node].Free)
                .Concat(_nodes[node].Calls.Select(call => call.After));
            foreach (int target in targets.Where(seen.Add)) next.Enqueue(target);
        }
    }

    /// <summary>What can be reached from a node without a byte, and without the text of a rule that has any.</summary>
    public NetworkClosure CloseFrom(int node)
    {
        List<int> leaves = [];
        List<(int, int)> calls = [];
        bool ends = false;
        HashSet<int> seen = [node];
        Stack<int> next = new(seen);
        while (next.TryPop(out int at))
        {
            NetworkNode here = _nodes[at];
            ends |= here.IsEnd;
            if (here.Bytes.Count > 0) leaves.Add(at);
            foreach (int target in here.Free.Where(seen.Add)) next.Push(target);
            foreach ((int rule, int after) in here.Calls)
            {
                calls.Add((rule, after));
                if (IsNullable[rule] && seen.Add(after)) next.Push(after);
            }
        }

        return new([.. leaves], [.. calls.Distinct()], ends);
    }

    /// <summary>Numbers the classes of bytes, when all edges are there.</summary>
    public void ClassifyBytes()
    {
        bool[] begins = new bool[257];
        foreach ((byte first, byte last, int _) in _nodes.SelectMany(node => node.Bytes)) (begins[first], begins[last + 1]) = (true, true);
        int number = 0;
        for (int b = 1; b < 256; b++)
        {
            if (begins[b]) number++;
            ClassOf[b] = (byte)number;
        }

        Classes = number + 1;
    }
}

/// <summary>A node: a place between two bytes of a text.</summary>
internal sealed class NetworkNode
{
    private static readonly List<(byte, byte, int)> s_noBytes = [];
    private static readonly List<(CodePointSet, int)> s_noChars = [];
    private static readonly List<int> s_noTargets = [];
    private static readonly List<(int, int)> s_noCalls = [];

    /// <summary>Edges that take a byte of a range.</summary>
    public List<(byte First, byte Last, int Target)> Bytes { get; private set; } = s_noBytes;

    /// <summary>The same edges as whole characters, for nodes between two characters.</summary>
    public List<(CodePointSet Set, int Target)> Chars { get; private set; } = s_noChars;

    /// <summary>Edges that take nothing.</summary>
    public List<int> Free { get; private set; } = s_noTargets;

    /// <summary>Edges that take the text of a rule.</summary>
    public List<(int Rule, int After)> Calls { get; private set; } = s_noCalls;

    /// <summary>Whether a rule ends here.</summary>
    public bool IsEnd { get; set; }

    public void AddBytes(byte first, byte last, int target)
    {
        if (Bytes == s_noBytes) Bytes = [];
        Bytes.Add((first, last, target));
    }

    public void AddChars(CodePointSet set, int target)
    {
        if (Chars == s_noChars) Chars = [];
        Chars.Add((set, target));
    }

    public void AddFree(int target)
    {
        if (Free == s_noTargets) Free = [];
        Free.Add(target);
    }

    public void AddCall(int rule, int after)
    {
        if (Calls == s_noCalls) Calls = [];
        Calls.Add((rule, after));
    }
}

/// <summary>What a node reaches: nodes with bytes behind them, rules with the nodes behind these, and whether the rule may end.</summary>
internal sealed record NetworkClosure(int[] Leaves, (int Rule, int After)[] Calls, bool Ends)
{
    /// <summary>Whether there is nothing but the end.</summary>
    public bool IsOnlyEnd => Ends && Leaves.Length == 0 && Calls.Length == 0;
}
