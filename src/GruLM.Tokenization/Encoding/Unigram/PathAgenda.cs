// The agenda of n-best search: a max-heap whose order among equal priorities is libstdc++'s, since which of two equally good cuts comes
// first depends on it.
// Hot methods are optimised at once: a training is over before tiered compilation would have noticed them.
// Source: the observed behaviour of std::priority_queue.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>A max-heap of priorities with libstdc++'s order among equals.</summary>
internal sealed class PathAgenda
{
    private readonly List<(float Key, int Item)> _heap = [];

    /// <summary>How many items there are.</summary>
    public int Count => _heap.Count;

    /// <summary>Empties it.</summary>
    public void Clear() => _heap.Clear();

    /// <summary>Adds an item.</summary>
    public void Push(float key, int item)
    {
        _heap.Add((key, item));
        Raise(_heap.Count - 1, 0, key, item);
    }

    /// <summary>Takes the item of the largest key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Pop()
    {
        int result = _heap[0].Item;
        int length = _heap.Count - 1;
        (float key, int item) = _heap[length];
        _heap.RemoveAt(length);
        if (length == 0)
        {
            return result;
        }

        int hole = 0, child = 0;
        while (child < (length - 1) / 2)
        {
            child = 2 * (child + 1);
            if (_heap[child].Key < _heap[child - 1].Key)
            {
                child--;
            }

            _heap[hole] = _heap[child];
            hole = child;
        }

        if ((length & 1) == 0 && child == (length - 2) / 2)
        {
            child = 2 * (child + 1);
            _heap[hole] = _heap[child - 1];
            hole = child - 1;
        }

        Raise(hole, 0, key, item);
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Raise(int hole, int top, float key, int item)
    {
        int parent = (hole - 1) / 2;
        while (hole > top && _heap[parent].Key < key)
        {
            _heap[hole] = _heap[parent];
            hole = parent;
            parent = (hole - 1) / 2;
        }

        _heap[hole] = (key, item);
    }
}
