// The pieces of a vocabulary as a tree of their bytes, in the order of a walk that goes down first: whoever walks it tries each beginning
// that several pieces share once.

namespace GruLM.Generation;

/// <summary>A tree of pieces. Immutable and thread-safe.</summary>
internal sealed class PieceTrie
{
    private readonly byte[] _bytes;
    private readonly int[] _depths;
    private readonly int[] _firstIds;
    private readonly int[] _ids;
    private readonly int[] _ends;

    /// <summary>A tree of what each token writes, by its id; null and nothing for tokens that are no part of it.</summary>
    public PieceTrie(IReadOnlyList<byte[]?> pieces)
    {
        Pieces = [.. pieces.Select(piece => piece ?? [])];
        int[] sorted = [.. Enumerable.Range(0, Pieces.Length).Where(id => Pieces[id].Length > 0)];
        Array.Sort(sorted, (a, b) => Pieces[a].AsSpan().SequenceCompareTo(Pieces[b]) is not 0 and var order ? order : a.CompareTo(b));
        List<byte> bytes = [0];
        List<int> depths = [0], firstIds = [0];
        byte[] before = [];
        for (int i = 0; i < sorted.Length; i++)
        {
            byte[] piece = Pieces[sorted[i]];
            for (int depth = piece.AsSpan().CommonPrefixLength(before); depth < piece.Length; depth++)
            {
                bytes.Add(piece[depth]);
                depths.Add(depth + 1);
                firstIds.Add(i);
            }

            before = piece;
            MostBytes = Math.Max(MostBytes, piece.Length);
        }

        (_bytes, _depths, _firstIds, _ids) = ([.. bytes], [.. depths], [.. firstIds, sorted.Length], sorted);
        _ends = Ends();
    }

    /// <summary>What each token writes; nothing for those that are no part of the tree.</summary>
    public byte[][] Pieces { get; }

    /// <summary>Number of nodes; node 0 is the root, and those below a node follow it.</summary>
    public int Count => _bytes.Length;

    /// <summary>Bytes of the longest piece.</summary>
    public int MostBytes { get; }

    /// <summary>The byte that leads to a node.</summary>
    public byte Byte(int node) => _bytes[node];

    /// <summary>Bytes from the root to a node.</summary>
    public int Depth(int node) => _depths[node];

    /// <summary>The first node behind those below a node.</summary>
    public int End(int node) => _ends[node];

    /// <summary>The tokens that write the bytes from the root to a node.</summary>
    public ReadOnlySpan<int> Ids(int node) => _ids.AsSpan(_firstIds[node].._firstIds[node + 1]);

    /// <summary>The node below another by a byte; −1 where there is none.</summary>
    public int Child(int node, byte value)
    {
        for (int child = node + 1; child < _ends[node]; child = _ends[child])
        {
            if (_bytes[child] == value) return child;
        }

        return -1;
    }

    private int[] Ends()
    {
        int[] ends = new int[Count];
        Stack<int> open = new();
        for (int node = 0; node < Count; node++)
        {
            while (open.TryPeek(out int last) && _depths[last] >= _depths[node]) ends[open.Pop()] = node;
            open.Push(node);
        }

        foreach (int node in open) ends[node] = Count;
        return ends;
    }
}
