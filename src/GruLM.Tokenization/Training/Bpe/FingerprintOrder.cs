// The iteration order of the reference's hash map from fingerprints to symbols. When candidates tie at the edge of the active set, that
// order decides which are kept, and a trained vocabulary hangs on it; so this keeps the same singly linked list with the same bucket rules.
// It finds nothing: looking symbols up is FingerprintMap's work.
// Source: the behaviour of std::unordered_map in libstdc++ with an identity hash, observed.
namespace GruLM.Tokenization;

/// <summary>A list of nodes in the order std::unordered_map would iterate them.</summary>
internal sealed class FingerprintOrder
{
    private const int Front = -1;
    private const int Empty = -2;

    // Each roughly doubles the last: the primes the library picks when it grows.
    private static ReadOnlySpan<int> BucketCounts =>
    [
        13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10273, 20753, 42043, 85229, 172933, 351061, 712697, 1447153, 2938679, 5967347,
        12117689, 24607243, 49969847, 101473717, 206062531, 418438133, 849681787,
    ];

    // For each bucket the node before its first, or Front; for each node its successor and its bucket.
    private int[] _before = [Empty];
    private int[] _next = new int[1024];
    private int[] _bucket = new int[1024];
    private ulong[] _key = new ulong[1024];
    private int _head = -1;
    private int _growth;
    private int _limit;

    /// <summary>How many nodes there are.</summary>
    public int Count { get; private set; }

    /// <summary>The first node, or -1.</summary>
    public int First => _head;

    /// <summary>All successors, for a loop over the list.</summary>
    public int[] Successors => _next;

    /// <summary>Inserts a node under a key that is not present.</summary>
    public void Insert(int node, ulong key)
    {
        if (node >= _next.Length)
        {
            int size = Math.Max(node + 1, _next.Length * 2);
            Array.Resize(ref _next, size);
            Array.Resize(ref _bucket, size);
            Array.Resize(ref _key, size);
        }

        if (Count + 1 > _limit)
        {
            Rehash(BucketCounts[_growth++]);
        }

        _key[node] = key;
        Link(node, (int)(key % (ulong)_before.Length));
        Count++;
    }

    /// <summary>Takes a node out.</summary>
    public void Erase(int node)
    {
        int bucket = _bucket[node];
        int previous = _before[bucket];
        while (Successor(previous) != node)
        {
            previous = Successor(previous);
        }

        int next = _next[node];
        bool first = previous == _before[bucket];
        if (first && (next < 0 || _bucket[next] != bucket))
        {
            if (next >= 0)
            {
                _before[_bucket[next]] = previous;
            }

            _before[bucket] = Empty;
        }
        else if (next >= 0 && _bucket[next] != bucket)
        {
            _before[_bucket[next]] = previous;
        }

        if (previous == Front)
        {
            _head = next;
        }
        else
        {
            _next[previous] = next;
        }

        Count--;
    }

    private int Successor(int node) => node == Front ? _head : _next[node];

    private void Link(int node, int bucket)
    {
        _bucket[node] = bucket;
        int before = _before[bucket];
        if (before == Empty)
        {
            _next[node] = _head;
            _head = node;
            if (_next[node] >= 0)
            {
                _before[_bucket[_next[node]]] = node;
            }

            _before[bucket] = Front;
        }
        else
        {
            _next[node] = Successor(before);
            if (before == Front)
            {
                _head = node;
            }
            else
            {
                _next[before] = node;
            }
        }
    }

    private void Rehash(int buckets)
    {
        _before = new int[buckets];
        Array.Fill(_before, Empty);
        _limit = buckets;
        int node = _head;
        _head = -1;
        while (node >= 0)
        {
            int next = _next[node];
            Link(node, (int)(_key[node] % (ulong)buckets));
            node = next;
        }
    }
}
