// A prefix tree over byte strings in the form encoders walk: one double array of 32-bit units, so that a step is one load and one
// compare. It answers "which keys are prefixes of this text", nothing else; keys cannot be removed.
// Hot methods are optimised at once: a training is over before tiered compilation would have noticed them.
// Source: the double array is Aoe's (1989); placement is first fit over a free list, our own.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>Finds which of a fixed set of byte strings are prefixes of a text.</summary>
internal sealed class PieceTrie
{
    // A state s has the child for byte b at base[s] + b, which holds that state's number in its check. The value is -1 where no key ends.
    private Node[] _nodes;

    /// <summary>Builds the tree. Keys must be distinct, not empty and sorted bytewise.</summary>
    public PieceTrie(IReadOnlyList<byte[]> sortedKeys, IReadOnlyList<int> values, CancellationToken cancellation = default)
    {
        _nodes = new Node[Math.Max(512, sortedKeys.Count * 4)];
        Clear(0);
        _nodes[0] = new Node { Base = 0, Check = -1, Value = -1 };
        if (sortedKeys.Count > 0)
        {
            Build(sortedKeys, values, cancellation);
        }

        Count = sortedKeys.Count;
    }

    /// <summary>How many keys there are.</summary>
    public int Count { get; }

    /// <summary>Builds from an unsorted list; of equal keys the first wins.</summary>
    public static PieceTrie Create(IEnumerable<(byte[] Key, int Value)> entries, CancellationToken cancellation = default)
    {
        var sorted = entries.Where(e => e.Key.Length > 0).ToList();
        sorted.Sort((a, b) =>
        {
            int order = a.Key.AsSpan().SequenceCompareTo(b.Key);
            return order != 0 ? order : a.Value.CompareTo(b.Value);
        });
        var keys = new List<byte[]>(sorted.Count);
        var values = new List<int>(sorted.Count);
        foreach ((byte[] key, int value) in sorted)
        {
            if (keys.Count > 0 && keys[^1].AsSpan().SequenceEqual(key))
            {
                continue;
            }

            keys.Add(key);
            values.Add(value);
        }

        return new PieceTrie(keys, values, cancellation);
    }

    /// <summary>The state reached from a state by a byte, or -1. The root is state 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Step(int state, byte b)
    {
        Node[] nodes = _nodes;
        int next = nodes[state].Base + b;
        return (uint)next < (uint)nodes.Length && nodes[next].Check == state ? next : -1;
    }

    /// <summary>The value of the key that ends at a state, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ValueAt(int state) => _nodes[state].Value;

    /// <summary>The raw nodes, for inner loops.</summary>
    public ReadOnlySpan<Node> Nodes => _nodes;

    /// <summary>The length of the longest key that is a prefix of the text, 0 where none is, and its value.</summary>
    public int LongestPrefix(ReadOnlySpan<byte> text, out int value)
    {
        int length = 0;
        value = -1;
        int state = 0;
        for (int i = 0; i < text.Length; i++)
        {
            state = Step(state, text[i]);
            if (state < 0)
            {
                break;
            }

            if (_nodes[state].Value >= 0)
            {
                length = i + 1;
                value = _nodes[state].Value;
            }
        }

        return length;
    }

    /// <summary>True where the whole text is a strict prefix of some key, so that more text could lengthen the match.</summary>
    public bool IsInside(ReadOnlySpan<byte> text)
    {
        int state = 0;
        foreach (byte b in text)
        {
            state = Step(state, b);
            if (state < 0)
            {
                return false;
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Build(IReadOnlyList<byte[]> keys, IReadOnlyList<int> values, CancellationToken cancellation)
    {
        // Work items: a state, its depth and the range of keys that share its prefix.
        var pending = new Stack<(int State, int Depth, int Begin, int End)>();
        pending.Push((0, 0, 0, keys.Count));
        var labels = new List<byte>();
        var starts = new List<int>();
        int firstFree = 1, highest = 0, steps = 0;
        while (pending.Count > 0)
        {
            if (++steps % StepsBetweenStops == 0) cancellation.ThrowIfCancellationRequested();
            (int state, int depth, int begin, int end) = pending.Pop();
            if (keys[begin].Length == depth)
            {
                _nodes[state].Value = values[begin];
                begin++;
            }

            if (begin == end)
            {
                continue;
            }

            labels.Clear();
            starts.Clear();
            for (int i = begin; i < end; i++)
            {
                byte b = keys[i][depth];
                if (labels.Count == 0 || labels[^1] != b)
                {
                    labels.Add(b);
                    starts.Add(i);
                }
            }

            starts.Add(end);
            int origin = FindBase(labels, ref firstFree, highest);
            highest = Math.Max(highest, origin + labels[^1]);
            _nodes[state].Base = origin;
            for (int i = 0; i < labels.Count; i++)
            {
                _nodes[origin + labels[i]] = new Node { Base = 0, Check = state, Value = -1 };
            }

            for (int i = 0; i < labels.Count; i++)
            {
                pending.Push((origin + labels[i], depth + 1, starts[i], starts[i + 1]));
            }
        }
        // A leaf's base of 0 would let its steps land on the root's children; their check holds 0, never the leaf, so that is harmless.
    }

    /// <summary>The lowest block origin where all labels are free, searched from a mark that moves over crowded ground.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int FindBase(List<byte> labels, ref int searchFrom, int highest)
    {
        int begin = Math.Max(searchFrom, labels[0] + 1);
        int crowded = 0;
        for (int place = begin; ; place++)
        {
            // Where much of the ground was tried in vain, building goes on past everything placed so far.
            if (place - begin > MaxTries)
            {
                place = Math.Max(place, highest + 1);
            }

            int origin = place - labels[0];
            while (origin + 256 >= _nodes.Length)
            {
                GrowNodes();
            }

            if (_nodes[place].Check != Free)
            {
                crowded++;
                continue;
            }

            bool fits = true;
            for (int i = 1; i < labels.Count && fits; i++)
            {
                fits = _nodes[origin + labels[i]].Check == Free;
            }

            if (!fits)
            {
                continue;
            }

            if (crowded * 20 >= (place - begin + 1) * 19)
            {
                searchFrom = place;
            }

            return origin;
        }
    }

    // States that are placed in no time.
    private const int StepsBetweenStops = 1 << 12;
    private const int MaxTries = 1 << 14;
    private const int Free = -2;

    private void GrowNodes()
    {
        int old = _nodes.Length;
        Array.Resize(ref _nodes, old * 2);
        Clear(old);
    }

    private void Clear(int from)
    {
        for (int i = from; i < _nodes.Length; i++)
        {
            _nodes[i] = new Node { Base = 0, Check = Free, Value = -1 };
        }
    }

    /// <summary>A state.</summary>
    internal struct Node
    {
        /// <summary>Where the children's block begins.</summary>
        public int Base;
        /// <summary>The parent.</summary>
        public int Check;
        /// <summary>The key's value, or -1.</summary>
        public int Value;
    }
}
