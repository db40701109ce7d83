// The bytes of a set of characters: edges over nodes inside a character, shared where what follows is the same.

using System.Globalization;

namespace GruLM.Generation;

/// <summary>Writes sets of characters into a network as UTF-8. Not thread-safe.</summary>
internal sealed class Utf8Edges(Network network)
{
    // Of each length: its first and last character, and what its first byte is more than its share of the character.
    private static readonly (int First, int Last, int Lead)[] s_lengths =
        [(0, 0x7F, 0), (0x80, 0x7FF, 0xC0), (0x800, 0xFFFF, 0xE0), (0x10000, CodePointSet.Last, 0xF0)];

    // Edges that sets to a target were given before.
    private readonly Dictionary<(CodePointSet, int), List<(byte First, byte Last, int Target)>> _known = [];

    /// <summary>Adds edges that take one character of the set.</summary>
    public void Add(int from, CodePointSet set, int target)
    {
        network[from].AddChars(set, target);
        if (!_known.TryGetValue((set, target), out List<(byte, byte, int)>? edges)) _known[(set, target)] = edges = Edges(set, target);
        foreach ((byte first, byte last, int to) in edges) network[from].AddBytes(first, last, to);
    }

    private List<(byte First, byte Last, int Target)> Edges(CodePointSet set, int target)
    {
        List<(byte, byte, int)> edges = [];
        Dictionary<string, int> nodes = [];
        for (int more = 0; more < s_lengths.Length; more++)
        {
            (int first, int last, int lead) = s_lengths[more];
            List<(int, int)> ranges =
            [
                .. set.Ranges.Where(range => range.First <= last && range.Last >= first)
                    .Select(range => (Math.Max(range.First, first), Math.Min(range.Last, last))),
            ];
            foreach ((int low, int high, int to) in Split(ranges, more, target, nodes))
            {
                edges.Add(((byte)(lead + low), (byte)(lead + high), to));
            }
        }

        return edges;
    }

    // Edges by the first byte of numbers that are written in so many bytes more; runs of bytes with the same rest share a node.
    private List<(int Low, int High, int Target)> Split(
        List<(int First, int Last)> ranges, int more, int target, Dictionary<string, int> nodes)
    {
        List<(int Low, int High, int Target)> edges = [];
        if (more == 0) return [.. ranges.Select(range => (range.First, range.Last, target))];
        int size = 1 << (6 * more);
        SortedDictionary<int, List<(int First, int Last)>> rests = [];
        foreach ((int first, int last) in ranges)
        {
            for (int digit = first / size; digit <= last / size; digit++)
            {
                if (!rests.TryGetValue(digit, out List<(int, int)>? rest)) rests[digit] = rest = [];
                rest.Add((Math.Max(first - (digit * size), 0), Math.Min(last - (digit * size), size - 1)));
            }
        }

        foreach ((int digit, List<(int, int)> rest) in rests)
        {
            int node = Node(rest, more - 1, target, nodes);
            if (edges.Count > 0 && edges[^1].High == digit - 1 && edges[^1].Target == node) edges[^1] = edges[^1] with { High = digit };
            else edges.Add((digit, digit, node));
        }

        return edges;
    }

    // The node before so many bytes and one.
    private int Node(List<(int First, int Last)> ranges, int more, int target, Dictionary<string, int> nodes)
    {
        string key = string.Create(CultureInfo.InvariantCulture, $"{more}:{string.Join(',', ranges)}");
        if (nodes.TryGetValue(key, out int node)) return node;
        nodes[key] = node = network.Add();
        foreach ((int low, int high, int to) in Split(ranges, more, target, nodes))
        {
            network[node].AddBytes((byte)(0x80 + low), (byte)(0x80 + high), to);
        }

        return node;
    }
}
