// How many tokens it takes at most to come from a node of a network to the end of its rule, when only single bytes, single characters and
// pieces along a text without a choice are used: an upper bound of the least number, which one of these tokens always makes smaller by one.
// Source: Knuth, "A generalization of Dijkstra's algorithm", 1977.

using System.Text;

namespace GruLM.Generation;

/// <summary>Computes bounds of what is left to be written.</summary>
internal sealed class LeastTokens
{
    /// <summary>Of nodes from which the end cannot be reached.</summary>
    public const int Never = int.MaxValue / 4;

    private readonly Network _network;
    private readonly PieceTrie? _pieces;
    private readonly int[] _bytesBefore = new int[257];
    private readonly int[] _characters = [];
    private readonly List<(int From, int Tokens)>[] _into;
    private readonly List<(int From, int Rule)>[] _behindCalls;
    private readonly List<(int From, int After)>[] _callers;
    private readonly int[] _least;

    private LeastTokens(Network network, PieceTrie? pieces)
    {
        (_network, _pieces, _least) = (network, pieces, new int[network.Count]);
        for (int b = 0; b < 256; b++)
        {
            bool isPiece = pieces is null || (pieces.Child(0, (byte)b) is >= 0 and var node && !pieces.Ids(node).IsEmpty);
            _bytesBefore[b + 1] = _bytesBefore[b] + (isPiece ? 1 : 0);
        }

        if (pieces is not null) _characters = [.. pieces.Pieces.Select(OnlyCharacter).Where(c => c >= 0).Distinct().Order()];
        _into = Lists<(int, int)>(network.Count);
        _behindCalls = Lists<(int, int)>(network.Count);
        _callers = Lists<(int, int)>(network.Starts.Length);
    }

    /// <summary>The bound of each node: for these pieces, or where there are none for tokens of a byte.</summary>
    public static int[] Compute(Network network, PieceTrie? pieces)
    {
        var work = new LeastTokens(network, pieces);
        for (int node = 0; node < network.Count; node++) work.AddEdges(node);
        work.Spread();
        return work._least;
    }

    private static List<T>[] Lists<T>(int count)
    {
        var lists = new List<T>[count];
        for (int i = 0; i < count; i++) lists[i] = [];
        return lists;
    }

    // The character that a piece is; −1 where it is none or several.
    private static int OnlyCharacter(byte[] piece) =>
        piece.Length > 0 && Rune.DecodeFromUtf8(piece, out Rune rune, out int length) == System.Buffers.OperationStatus.Done
        && length == piece.Length ? rune.Value : -1;

    private void AddEdges(int node)
    {
        NetworkNode here = _network[node];
        foreach (int target in here.Free) _into[target].Add((node, 0));
        foreach ((byte first, byte last, int target) in here.Bytes)
        {
            if (_bytesBefore[last + 1] > _bytesBefore[first]) _into[target].Add((node, 1));
        }

        foreach ((int rule, int after) in here.Calls)
        {
            _behindCalls[after].Add((node, rule));
            _callers[rule].Add((node, after));
        }

        if (_pieces is null) return;
        foreach ((CodePointSet set, int target) in here.Chars)
        {
            if (HasPieceOf(set)) _into[target].Add((node, 1));
            if (set.Only >= 0) AddPieces(node, set.Only, target);
        }
    }

    private bool HasPieceOf(CodePointSet set)
    {
        foreach ((int first, int last) in set.Ranges)
        {
            int at = Array.BinarySearch(_characters, first);
            if (at < 0) at = ~at;
            if (at < _characters.Length && _characters[at] <= last) return true;
        }

        return false;
    }

    // Pieces of two characters and more along a text without a choice, which begins with this character.
    private void AddPieces(int node, int character, int target)
    {
        Span<byte> utf8 = stackalloc byte[4];
        for (int at = 0; character >= 0;)
        {
            foreach (byte value in utf8[..new Rune(character).EncodeToUtf8(utf8)])
            {
                at = _pieces!.Child(at, value);
                if (at < 0) return;
            }

            if (!_pieces!.Ids(at).IsEmpty) _into[target].Add((node, 1));
            (character, target) = OnlyWay(target);
        }
    }

    // The character that is the only way on; −1 where there is another.
    private (int Character, int Target) OnlyWay(int node)
    {
        for (int tries = 0; tries < _network.Count; tries++)
        {
            NetworkNode here = _network[node];
            if (here.IsEnd || here.Calls.Count > 0 || here.Chars.Count + here.Free.Count != 1) return (-1, node);
            if (here.Chars.Count == 1) return (here.Chars[0].Set.Only, here.Chars[0].Target);
            node = here.Free[0];
        }

        return (-1, node);
    }

    private void Spread()
    {
        Array.Fill(_least, Never);
        int[] ruleOf = new int[_network.Count];
        foreach ((int start, int rule) in _network.Starts.Select((start, rule) => (start, rule))) ruleOf[start] = rule + 1;
        PriorityQueue<int, int> next = new();
        foreach (int end in _network.Ends) next.Enqueue(end, 0);
        while (next.TryDequeue(out int node, out int tokens))
        {
            if (_least[node] <= tokens) continue;
            _least[node] = tokens;
            foreach ((int from, int more) in _into[node]) Offer(from, tokens + more);
            foreach ((int from, int rule) in _behindCalls[node]) Offer(from, tokens + _least[_network.Starts[rule]]);
            if (ruleOf[node] == 0) continue;
            foreach ((int from, int after) in _callers[ruleOf[node] - 1]) Offer(from, tokens + _least[after]);
        }

        void Offer(int node, int tokens)
        {
            if (tokens < _least[node]) next.Enqueue(node, tokens);
        }
    }
}
