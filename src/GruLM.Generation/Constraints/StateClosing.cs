// A step of an automaton: the nodes that a byte leads to, and all that these reach before another byte. First rules end and go on behind
// themselves; then rules are called, each once for all who call it here, callers before those whom they call.

namespace GruLM.Generation;

/// <summary>Makes states. Not thread-safe: the automaton has a lock.</summary>
internal sealed class StateClosing(ConstraintAutomaton automaton)
{
    private readonly HashSet<ContinuationEntry> _reached = [];
    private readonly Stack<ContinuationEntry> _next = new();
    private readonly HashSet<ContinuationEntry> _places = [];
    private readonly Dictionary<int, HashSet<ContinuationEntry>> _calls = [];
    private readonly PriorityQueue<int, int> _called = new();
    private bool _isComplete;

    private Network Network => automaton.Network;

    /// <summary>The state before the first byte.</summary>
    public ConstraintState Begin()
    {
        Clear();
        _isComplete = Network.IsNullable[0];
        Call(0, ContinuationEntry.End);
        return Close();
    }

    /// <summary>The state behind a byte of a class.</summary>
    public ConstraintState Step(ConstraintState state, int byteClass)
    {
        Clear();
        foreach ((int node, Continuation? behind) in state.Places)
        {
            foreach ((byte first, byte last, int target) in Network[node].Bytes)
            {
                if (Network.ClassOf[first] <= byteClass && byteClass <= Network.ClassOf[last]) Reach(new(target, behind));
            }
        }

        while (_next.TryPop(out ContinuationEntry at))
        {
            NetworkClosure closure = automaton.ClosureOf(at.Node);
            foreach (int leaf in closure.Leaves) _places.Add(new(leaf, at.Behind));
            foreach ((int rule, int after) in closure.Calls) Call(rule, new(after, at.Behind));
            if (!closure.Ends) continue;
            foreach (ContinuationEntry entry in at.Behind!.Entries) Reach(entry);
        }

        return Close();
    }

    private void Clear()
    {
        _reached.Clear();
        _places.Clear();
        _calls.Clear();
        _isComplete = false;
    }

    private void Reach(ContinuationEntry entry)
    {
        if (entry.IsEnd) _isComplete = true;
        else if (_reached.Add(entry)) _next.Push(entry);
    }

    private void Call(int rule, ContinuationEntry after)
    {
        if (!_calls.TryGetValue(rule, out HashSet<ContinuationEntry>? afters))
        {
            _calls[rule] = afters = [];
            _called.Enqueue(rule, Network.Order[rule]);
        }

        // Behind a call that is a rule's last word its caller's end is what follows: stacks do not grow with lists.
        if (!after.IsEnd && automaton.ClosureOf(after.Node).IsOnlyEnd) afters.UnionWith(after.Behind!.Entries);
        else afters.Add(after);
    }

    private ConstraintState Close()
    {
        while (_called.TryDequeue(out int rule, out _))
        {
            // What the rule may do without any text, its callers have done.
            Continuation behind = automaton.Intern([.. _calls[rule].Order()]);
            NetworkClosure closure = automaton.ClosureOf(Network.Starts[rule]);
            foreach (int leaf in closure.Leaves) _places.Add(new(leaf, behind));
            foreach ((int called, int after) in closure.Calls) Call(called, new(after, behind));
        }

        return automaton.Intern([.. _places.Order()], _isComplete);
    }
}
