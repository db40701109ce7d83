// A suffix automaton (Blumer et al. 1985): all substrings of a text in a graph whose size is linear in the text's. Another text is read
// through it once; how much of it was recognised is noted at the state that it leads to, and handed up the suffix links at the end.

namespace GruLM;

/// <summary>All substrings of a text as paths from state 0. The transitions of a state are a linked list; those of state 0, which are
/// asked for most, are a table.</summary>
internal sealed class SuffixAutomaton
{
    // Of each state: the length of its longest string, its suffix link, the longest of its strings found in the source, its first edge.
    private readonly int[] _length;
    private readonly int[] _link;
    private readonly int[] _found;
    private readonly int[] _firstEdge;

    // Of each edge: the next edge of its state, where it leads, and its byte.
    private readonly int[] _edgeNext;
    private readonly int[] _edgeTarget;
    private readonly byte[] _edgeByte;

    // The transitions of state 0.
    private readonly int[] _root = new int[256];
    private int _states = 1;
    private int _edges;

    public SuffixAutomaton(ReadOnlySpan<byte> text)
    {
        int most = Math.Max(2, 2 * text.Length), mostEdges = Math.Max(3, 3 * text.Length);
        (_length, _link, _found, _firstEdge) = (new int[most], new int[most], new int[most], new int[most]);
        (_edgeNext, _edgeTarget, _edgeByte) = (new int[mostEdges], new int[mostEdges], new byte[mostEdges]);
        _link[0] = -1;
        _firstEdge.AsSpan().Fill(-1);
        _root.AsSpan().Fill(-1);
        int last = 0;
        foreach (byte b in text) last = Append(last, b);
    }

    /// <summary>Where <paramref name="b"/> leads from a state; −1: no substring goes on so.</summary>
    public int Next(int state, byte b)
    {
        if (state == 0) return _root[b];
        for (int e = _firstEdge[state]; e >= 0; e = _edgeNext[e])
        {
            if (_edgeByte[e] == b) return _edgeTarget[e];
        }

        return -1;
    }

    /// <summary>Follows the source: notes at each state the longest of its strings that the source contains.</summary>
    public void Read(ReadOnlySpan<byte> source, CancellationToken cancel)
    {
        int state = 0, matched = 0;
        for (int i = 0; i < source.Length; i++)
        {
            if ((i & 0xFFFFF) == 0) cancel.ThrowIfCancellationRequested();
            int next;
            while ((next = Next(state, source[i])) < 0 && state != 0)
            {
                state = _link[state];
                matched = _length[state];
            }

            if (next < 0) continue;
            state = next;
            matched++;
            if (matched > _found[state]) _found[state] = matched;
        }

        HandUp();
    }

    /// <summary>Of the strings that end where the state's do, the longest that the source contains.</summary>
    public int LongestFound(int state)
    {
        while (state > 0 && _found[state] == 0) state = _link[state];
        return state <= 0 ? 0 : _found[state];
    }

    // A source that contains a string contains all its suffixes. From longer strings to shorter ones.
    private void HandUp()
    {
        int[] order = [.. Enumerable.Range(0, _states)], keys = _length[.._states];
        Array.Sort(keys, order);
        for (int i = _states - 1; i > 0; i--)
        {
            int state = order[i];
            if (_found[state] > 0 && _link[state] > 0) _found[_link[state]] = _length[_link[state]];
        }
    }

    private int Append(int last, byte b)
    {
        int state = NewState(_length[last] + 1), p = last;
        for (; p >= 0 && Next(p, b) < 0; p = _link[p]) AddEdge(p, b, state);
        if (p < 0) return state;
        int q = Next(p, b);
        if (_length[q] == _length[p] + 1)
        {
            _link[state] = q;
            return state;
        }

        int clone = NewState(_length[p] + 1);
        for (int e = _firstEdge[q]; e >= 0; e = _edgeNext[e]) AddEdge(clone, _edgeByte[e], _edgeTarget[e]);
        _link[clone] = _link[q];
        _link[q] = _link[state] = clone;
        for (; p >= 0 && Next(p, b) == q; p = _link[p]) Redirect(p, b, clone);
        return state;
    }

    private int NewState(int stringLength)
    {
        _length[_states] = stringLength;
        return _states++;
    }

    private void AddEdge(int state, byte b, int target)
    {
        if (state == 0)
        {
            _root[b] = target;
            return;
        }

        (_edgeByte[_edges], _edgeTarget[_edges], _edgeNext[_edges]) = (b, target, _firstEdge[state]);
        _firstEdge[state] = _edges++;
    }

    private void Redirect(int state, byte b, int target)
    {
        if (state == 0)
        {
            _root[b] = target;
            return;
        }

        int e = _firstEdge[state];
        while (_edgeByte[e] != b) e = _edgeNext[e];
        _edgeTarget[e] = target;
    }
}
