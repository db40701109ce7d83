// The agenda of a long BPE stretch: candidate merges, best rank first, leftmost among equals. A binary heap of packed 64-bit keys with the
// candidate's two lengths beside it, which say later whether it is still valid.
namespace GruLM.Tokenization;

/// <summary>A min-heap of merge candidates.</summary>
internal sealed class MergeHeap
{
    private ulong[] _keys = new ulong[64];
    private (int Right, int Length)[] _items = new (int, int)[64];
    private int _count;

    /// <summary>Empties the heap.</summary>
    public void Clear() => _count = 0;

    /// <summary>Adds the merge of the symbols that begin at index <paramref name="left"/> and <paramref name="right"/>.</summary>
    public void Push(int rank, int left, int right, int mergedLength)
    {
        if (_count == _keys.Length)
        {
            Array.Resize(ref _keys, _count * 2);
            Array.Resize(ref _items, _count * 2);
        }

        ulong key = ((ulong)(uint)rank << 32) | (uint)left;
        int hole = _count++;
        while (hole > 0)
        {
            int parent = (hole - 1) >> 1;
            if (_keys[parent] <= key)
            {
                break;
            }

            _keys[hole] = _keys[parent];
            _items[hole] = _items[parent];
            hole = parent;
        }

        _keys[hole] = key;
        _items[hole] = (right, mergedLength);
    }

    /// <summary>Takes the best candidate; false where there is none.</summary>
    public bool TryPop(out int left, out int right, out int mergedLength)
    {
        if (_count == 0)
        {
            left = right = mergedLength = 0;
            return false;
        }

        left = (int)(uint)_keys[0];
        (right, mergedLength) = _items[0];
        ulong key = _keys[--_count];
        (int, int) item = _items[_count];
        int hole = 0;
        while (true)
        {
            int child = 2 * hole + 1;
            if (child >= _count)
            {
                break;
            }

            if (child + 1 < _count && _keys[child + 1] < _keys[child])
            {
                child++;
            }

            if (_keys[child] >= key)
            {
                break;
            }

            _keys[hole] = _keys[child];
            _items[hole] = _items[child];
            hole = child;
        }

        _keys[hole] = key;
        _items[hole] = item;
        return true;
    }

    /// <summary>Gives the memory of an unusually large text back.</summary>
    public void Trim()
    {
        if (_keys.Length > 1 << 18)
        {
            _keys = new ulong[64];
            _items = new (int, int)[64];
        }
    }
}
