// The minimal automaton of the keys of a normalisation table: states that accept the same remainders are one. It is built from sorted keys
// without ever holding the whole tree.
// Source: darts-clone's published layout, written from its description.
namespace GruLM.Tokenization;

/// <summary>The minimal automaton of a sorted set of keys with values: states that accept the same remainders are one.</summary>
internal sealed class MinimalAutomaton
{
    private readonly Dictionary<State, int> _known = new(StateComparer.Instance);
    private readonly List<State> _states = [];
    // The path of the last key: each level's arcs so far, the last one's target still open.
    private readonly List<List<(byte Label, int Target)>> _open = [[]];
    private byte[] _last = [];

    /// <summary>Adds a key that comes after all before it.</summary>
    public void Add(byte[] key, int value)
    {
        int shared = _last.AsSpan().CommonPrefixLength(key);
        Close(shared);
        for (int depth = shared; depth < key.Length; depth++)
        {
            _open[depth].Add((key[depth], -1));
            _open.Add([]);
        }
        // A value is an arc with label 0, which comes before every other.
        _open[key.Length].Add((0, value));
        _last = key;
    }

    /// <summary>Ends the set and returns the root's number.</summary>
    public int Finish()
    {
        Close(0);
        return Intern(_open[0]);
    }

    /// <summary>A state's arcs in ascending order of labels; label 0's target is a value.</summary>
    public IReadOnlyList<(byte Label, int Target)> ArcsOf(int state) => _states[state].Arcs;

    private void Close(int depth)
    {
        for (int level = _open.Count - 1; level > depth; level--)
        {
            int state = Intern(_open[level]);
            _open.RemoveAt(level);
            List<(byte Label, int Target)> parent = _open[level - 1];
            parent[^1] = (parent[^1].Label, state);
        }
    }

    private int Intern(List<(byte Label, int Target)> arcs)
    {
        var state = new State([.. arcs]);
        if (_known.TryGetValue(state, out int number))
        {
            return number;
        }

        _known[state] = _states.Count;
        _states.Add(state);
        return _states.Count - 1;
    }

    private readonly record struct State((byte Label, int Target)[] Arcs);

    private sealed class StateComparer : IEqualityComparer<State>
    {
        public static readonly StateComparer Instance = new();

        public bool Equals(State x, State y) => x.Arcs.AsSpan().SequenceEqual(y.Arcs);

        public int GetHashCode(State state)
        {
            var hash = default(HashCode);
            foreach ((byte label, int target) in state.Arcs)
            {
                hash.Add((label, target));
            }

            return hash.ToHashCode();
        }
    }
}
