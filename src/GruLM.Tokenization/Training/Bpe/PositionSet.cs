// The places of one symbol of a BPE training. Most symbols stand in one place only, so the first is kept without an array; sorting waits
// until the places are looked at.
using System.Runtime.InteropServices;

namespace GruLM.Tokenization;

/// <summary>Places in ascending order, kept as they come and sorted when they are looked at.</summary>
internal struct PositionSet
{
    private int[]? _places;
    private int _single;
    private bool _unsorted;

    /// <summary>How many places there are.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a place.</summary>
    public void Add(int place)
    {
        if (Count == 0)
        {
            _single = place;
        }
        else
        {
            if (Count == 1)
            {
                _places ??= new int[4];
                _places[0] = _single;
            }
            else if (Count == _places!.Length)
            {
                Array.Resize(ref _places, Count * 2);
            }

            int last = _places![Count - 1];
            if (place == last)
            {
                return;
            }

            _unsorted |= place < last;
            _places[Count] = place;
        }

        Count++;
    }

    /// <summary>The places in order, each once.</summary>
    public Span<int> Sorted()
    {
        if (Count <= 1)
        {
            return MemoryMarshal.CreateSpan(ref _single, Count);
        }

        Span<int> places = _places.AsSpan(0, Count);
        if (_unsorted)
        {
            places.Sort();
            int kept = 1;
            for (int i = 1; i < Count; i++)
            {
                if (places[i] != places[kept - 1])
                {
                    places[kept++] = places[i];
                }
            }

            Count = kept;
            _unsorted = false;
            places = places[..kept];
            if (kept == 1)
            {
                _single = places[0];
            }
        }

        return places;
    }

    /// <summary>Keeps only the first places, after the caller has moved what it wants to keep there.</summary>
    public void Truncate(int count)
    {
        if (count == 1 && Count > 1)
        {
            _single = _places![0];
        }

        Count = count;
        if (count == 0)
        {
            _places = null;
        }
    }

    /// <summary>Lets the memory go.</summary>
    public void Clear() => this = default;
}
