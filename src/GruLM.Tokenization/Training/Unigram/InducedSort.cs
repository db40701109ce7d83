// Sorts the suffixes of a sequence of integers in linear time. A suffix is small where it comes before the one to its right, else large.
// The order of the leftmost small suffixes (small ones behind a large one) is found first, by sorting the stretches between them as a
// shorter sequence; two sweeps then induce the order of all others.
// Hot methods are optimised at once: a training is over before tiered compilation would have noticed them.
// Source: Nong, Zhang & Chan 2009 (SA-IS).
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GruLM.Tokenization;

/// <summary>Suffix sorting by induction (SA-IS).</summary>
internal readonly ref struct InducedSort
{
    /// <summary>Steps of a sweep that are done in no time.</summary>
    public const int StepsBetweenStops = 1 << 20;

    private readonly ReadOnlySpan<int> _text;
    private readonly Span<int> _order;
    private readonly bool[] _small;

    // Where each value's suffixes begin in the order; one entry more for the end.
    private readonly int[] _starts;
    private readonly CancellationToken _cancellation;

    private InducedSort(ReadOnlySpan<int> text, Span<int> order, int alphabet, CancellationToken cancellation)
    {
        _cancellation = cancellation;
        _text = text;
        _order = order;
        _small = Classify(text);
        _starts = CountStarts(text, alphabet);
    }

    /// <summary>Writes the starts of all suffixes in their order.</summary>
    /// <param name="text">Values from 0 to <paramref name="alphabet"/> - 1.</param>
    /// <param name="order">The result, as long as the text.</param>
    /// <param name="alphabet">How many values there are.</param>
    /// <param name="cancellation">Ends the work early.</param>
    public static void Sort(ReadOnlySpan<int> text, Span<int> order, int alphabet, CancellationToken cancellation)
    {
        if (text.Length == 1)
        {
            order[0] = 0;
            return;
        }

        new InducedSort(text, order, alphabet, cancellation).Sort();
    }

    private void Sort()
    {
        // First round: leftmost small positions in any order induce an order of the stretches between them.
        List<int> leftmost = LeftmostSmall(_small);
        Induce(CollectionsMarshal.AsSpan(leftmost));
        if (leftmost.Count > 0)
        {
            Induce(SortStretches(leftmost));
        }
    }

    /// <summary>The leftmost small positions in the order of their suffixes; <c>_order</c> must hold that of their stretches.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int[] SortStretches(List<int> leftmost)
    {
        int[] number = NumberStretches(out int distinct);
        int[] sorted = new int[leftmost.Count];
        if (distinct == leftmost.Count)
        {
            foreach (int at in leftmost)
            {
                sorted[number[at]] = at;
            }

            return sorted;
        }

        int[] reduced = new int[leftmost.Count];
        for (int i = 0; i < reduced.Length; i++)
        {
            reduced[i] = number[leftmost[i]];
        }

        Sort(reduced, sorted, distinct, _cancellation);
        for (int i = 0; i < sorted.Length; i++)
        {
            sorted[i] = leftmost[sorted[i]];
        }

        return sorted;
    }

    /// <summary>Numbers the stretches in their order, by position; equal ones share a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int[] NumberStretches(out int distinct)
    {
        bool[] small = _small;
        int[] number = new int[_text.Length];
        int names = 0, previous = -1, steps = 0;
        foreach (int at in _order)
        {
            if (++steps % StepsBetweenStops == 0) _cancellation.ThrowIfCancellationRequested();
            if (at == 0 || !small[at] || small[at - 1])
            {
                continue;
            }

            if (previous >= 0 && !SameStretch(previous, at))
            {
                names++;
            }

            number[at] = names;
            previous = at;
        }

        distinct = names + 1;
        return number;
    }

    private bool SameStretch(int a, int b)
    {
        ReadOnlySpan<int> text = _text;
        bool[] small = _small;
        int n = text.Length;
        for (int i = 0; ; i++)
        {
            if (a + i == n || b + i == n)
            {
                return false;
            }

            if (text[a + i] != text[b + i] || small[a + i] != small[b + i])
            {
                return false;
            }

            if (i > 0 && small[a + i] && !small[a + i - 1])
            {
                return small[b + i] && !small[b + i - 1];
            }
        }
    }

    /// <summary>Orders all suffixes, given the leftmost small ones in their order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Induce(ReadOnlySpan<int> leftmost)
    {
        ReadOnlySpan<int> text = _text;
        Span<int> order = _order;
        bool[] small = _small;
        int n = text.Length, alphabet = _starts.Length - 1;
        int[] bucket = new int[alphabet];
        order.Fill(-1);
        _starts.AsSpan(1, alphabet).CopyTo(bucket);
        for (int i = leftmost.Length - 1; i >= 0; i--)
        {
            if (i % StepsBetweenStops == 0) _cancellation.ThrowIfCancellationRequested();
            order[--bucket[text[leftmost[i]]]] = leftmost[i];
        }

        // Large suffixes from the left; the last one follows from the end of the text.
        _starts.AsSpan(0, alphabet).CopyTo(bucket);
        order[bucket[text[n - 1]]++] = n - 1;
        for (int i = 0; i < n; i++)
        {
            if (i % StepsBetweenStops == 0) _cancellation.ThrowIfCancellationRequested();
            int at = order[i] - 1;
            if (at >= 0 && !small[at])
            {
                order[bucket[text[at]]++] = at;
            }
        }

        // Small suffixes from the right.
        _starts.AsSpan(1, alphabet).CopyTo(bucket);
        for (int i = n - 1; i >= 0; i--)
        {
            if (i % StepsBetweenStops == 0) _cancellation.ThrowIfCancellationRequested();
            int at = order[i] - 1;
            if (at >= 0 && small[at])
            {
                order[--bucket[text[at]]] = at;
            }
        }
    }

    /// <summary>Which suffixes are small. The end counts as a value below all others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool[] Classify(ReadOnlySpan<int> text)
    {
        bool[] small = new bool[text.Length];
        for (int i = text.Length - 2; i >= 0; i--)
        {
            small[i] = text[i] < text[i + 1] || (text[i] == text[i + 1] && small[i + 1]);
        }

        return small;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int[] CountStarts(ReadOnlySpan<int> text, int alphabet)
    {
        int[] starts = new int[alphabet + 1];
        foreach (int value in text)
        {
            starts[value + 1]++;
        }

        for (int value = 0; value < alphabet; value++)
        {
            starts[value + 1] += starts[value];
        }

        return starts;
    }

    private static List<int> LeftmostSmall(bool[] small)
    {
        var leftmost = new List<int>();
        for (int i = 1; i < small.Length; i++)
        {
            if (small[i] && !small[i - 1])
            {
                leftmost.Add(i);
            }
        }

        return leftmost;
    }
}
