// Selection with the tie-breaking of libstdc++: when elements compare equal, which of them is kept depends on how the heap moves them, and
// vocabularies that must match the reference hang on it. The like for n-best search is PathAgenda.
// Source: the observed behaviour of std::partial_sort.
namespace GruLM.Tokenization;

/// <summary>Heap operations that order ties as libstdc++ does.</summary>
internal static class LibstdcxxHeap
{
    /// <summary>
    /// Moves the <paramref name="size"/> items of the largest keys to the front, as std::partial_sort in descending order does, but leaves
    /// them unsorted: which items are there is what matters.
    /// </summary>
    public static void SelectLargest(Span<long> keys, Span<int> items, int size)
    {
        if (size == 0 || size == keys.Length)
        {
            return;
        }

        // The heap's top is its smallest key.
        Span<long> heapKeys = keys[..size];
        Span<int> heapItems = items[..size];
        for (int parent = (size - 2) / 2; size >= 2 && parent >= 0; parent--)
        {
            Adjust(heapKeys, heapItems, parent, keys[parent], items[parent]);
        }

        for (int i = size; i < keys.Length; i++)
        {
            if (keys[i] <= keys[0])
            {
                continue;
            }

            (long key, int item) = (keys[i], items[i]);
            keys[i] = keys[0];
            items[i] = items[0];
            Adjust(heapKeys, heapItems, 0, key, item);
        }
    }

    private static void Adjust(Span<long> keys, Span<int> items, int hole, long key, int item)
    {
        int length = keys.Length;
        int top = hole;
        int child = hole;
        while (child < (length - 1) / 2)
        {
            child = 2 * (child + 1);
            // The left child moves up only where the right one comes before it in the order "larger first".
            if (keys[child] > keys[child - 1])
            {
                child--;
            }

            keys[hole] = keys[child];
            items[hole] = items[child];
            hole = child;
        }

        if ((length & 1) == 0 && child == (length - 2) / 2)
        {
            child = 2 * (child + 1);
            keys[hole] = keys[child - 1];
            items[hole] = items[child - 1];
            hole = child - 1;
        }

        int parent = (hole - 1) / 2;
        while (hole > top && keys[parent] > key)
        {
            keys[hole] = keys[parent];
            items[hole] = items[parent];
            hole = parent;
            parent = (hole - 1) / 2;
        }

        keys[hole] = key;
        items[hole] = item;
    }
}
