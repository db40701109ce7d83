// How much of a text stands word for word in another one: of a generated text, how much was copied from the training text. For every place
// in the text it finds the longest stretch ending there that the other text contains ("matching statistics", Chang and Lawler 1994),
// exactly, by a suffix automaton of the text (Blumer et al. 1985) through which the other text passes once: memory depends on the text
// alone, and the other one, which may be a hundred times longer, is only read. Source of the construction: Blumer et al.; each stretch the
// reading reaches is noted at its state and handed up the suffix links at the end.
using System.Text;

namespace GruLM;

/// <summary>Finds verbatim copies.</summary>
public static class VerbatimRepeats
{
    /// <summary>The longest text that can be examined, in UTF-8 bytes; the automaton takes up to about 80 bytes for each.</summary>
    public const int MaxBytes = 1 << 22;

    /// <summary>How much of <paramref name="text"/> stands verbatim in <paramref name="source"/>; both are UTF-8.</summary>
    /// <exception cref="ArgumentException">The text is longer than <see cref="MaxBytes"/>.</exception>
    public static RepeatFigures Find(ReadOnlySpan<byte> text, ReadOnlySpan<byte> source, CancellationToken cancel = default)
    {
        if (text.Length > MaxBytes)
        {
            throw new ArgumentException(
                $"a text of {text.Length} bytes is too long to look for copies in; at most {MaxBytes} can be examined");
        }

        var automaton = new SuffixAutomaton(text);
        automaton.Read(source, cancel);
        return Figures(text, automaton);
    }

    // A stretch found in bytes may begin inside a character; it counts from the next one on.
    private static RepeatFigures Figures(ReadOnlySpan<byte> text, SuffixAutomaton automaton)
    {
        int state = 0, characters = 0, longest = 0, longestStart = 0, longestEnd = 0, covered50 = 0, covered100 = 0, until50 = 0,
            until100 = 0;

        // The number of characters that begin before each byte.
        int[] before = new int[text.Length + 1];
        for (int i = 0; i < text.Length; i++) before[i + 1] = before[i] + (IsInside(text, i) ? 0 : 1);
        characters = before[^1];
        for (int end = 1; end <= text.Length; end++)
        {
            state = automaton.Next(state, text[end - 1]);
            if (IsInside(text, end)) continue;
            int start = end - automaton.LongestFound(state);
            while (start < end && IsInside(text, start)) start++;
            int length = before[end] - before[start];
            if (length > longest) (longest, longestStart, longestEnd) = (length, start, end);

            // Ends rise, so what is new of each stretch lies behind the last one's end.
            if (length >= 50) (covered50, until50) = (covered50 + before[end] - Math.Max(before[start], until50), before[end]);
            if (length >= 100) (covered100, until100) = (covered100 + before[end] - Math.Max(before[start], until100), before[end]);
        }

        return new RepeatFigures(characters, longest, Encoding.UTF8.GetString(text[longestStart..longestEnd]), covered50, covered100);
    }

    private static bool IsInside(ReadOnlySpan<byte> text, int at) => at < text.Length && (text[at] & 0xC0) == 0x80;

    /// <summary>All substrings of a text as paths from state 0. Transitions of a state are a linked list, but those of state 0, which are
    /// asked for most, a table.</summary>
    private sealed class SuffixAutomaton
    {
        private readonly int[] _length, _link, _found, _firstEdge, _edgeNext, _edgeTarget;
        private readonly byte[] _edgeByte;
        private readonly int[] _root = new int[256];
        private int _states = 1, _edges;

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

        // What contains a string contains its suffixes whole. Longer strings first.
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
}
