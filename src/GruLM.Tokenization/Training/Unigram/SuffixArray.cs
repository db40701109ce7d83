// The suffix array of a sequence of integers by induced sorting, and the repeats it shows. Linear time; the sequence is ordered as it is,
// with its end before everything, so there is exactly one right answer. Leaves out searching.
// Hot methods are optimised at once: a training is over before tiered compilation would have noticed them.
// Source: Nong, Zhang & Chan 2009 (SA-IS); the sweep over longest common prefixes is Kasai et al. 2001.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>Suffix sorting and repeats.</summary>
internal static class SuffixArray
{
    /// <summary>The starts of all suffixes in their order.</summary>
    /// <param name="text">Values from 0 to <paramref name="alphabet"/> - 1.</param>
    /// <param name="alphabet">How many values there are.</param>
    public static int[] Build(ReadOnlySpan<int> text, int alphabet)
    {
        int[] order = new int[text.Length];
        if (text.Length > 0)
        {
            Sort(text, order, alphabet);
        }

        return order;
    }

    /// <summary>
    /// Every repeat that cannot be lengthened to the right without losing an occurrence: its first place in the order, one past its last,
    /// its length. They come as a sweep closes them, inner before outer.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static List<(int Left, int Right, int Length)> Repeats(ReadOnlySpan<int> text, int[] order)
    {
        int n = order.Length;
        var repeats = new List<(int, int, int)>();
        int[] common = CommonPrefixes(text, order);
        // The open intervals, by rising length. A suffix's own interval (its whole rest) is opened after it and never reported.
        var open = new Stack<(int Left, int Length)>();
        open.Push((-1, -1));
        for (int i = 0; ; i++)
        {
            int length = i == 0 || i == n ? -1 : common[i];
            int left = i;
            while (open.Peek().Length > length)
            {
                (int start, int closed) = open.Pop();
                if (i - start > 1)
                {
                    repeats.Add((start, i, closed));
                }

                left = start;
            }

            if (open.Peek().Length < length)
            {
                open.Push((left, length));
            }

            if (i == n)
            {
                return repeats;
            }

            open.Push((i, n - order[i] + 1));
        }
    }

    /// <summary>For each place in the order how many values its suffix shares with the one before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int[] CommonPrefixes(ReadOnlySpan<int> text, int[] order)
    {
        int n = order.Length;
        int[] before = new int[n];
        for (int i = 0; i < n; i++)
        {
            before[order[i]] = i == 0 ? -1 : order[i - 1];
        }
        // By position first: going one to the right shortens a common prefix by one at most.
        int[] byPosition = new int[n];
        int length = 0;
        for (int i = 0; i < n; i++)
        {
            int other = before[i];
            if (other < 0)
            {
                length = 0;
            }
            else
            {
                while (i + length < n && other + length < n && text[i + length] == text[other + length])
                {
                    length++;
                }
            }

            byPosition[i] = length;
            if (length > 0)
            {
                length--;
            }
        }

        for (int i = 0; i < n; i++)
        {
            before[i] = byPosition[order[i]];
        }

        return before;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sort(ReadOnlySpan<int> text, Span<int> order, int alphabet)
    {
        int n = text.Length;
        if (n == 1)
        {
            order[0] = 0;
            return;
        }
        // A suffix is small where it comes before the one to its right. The end counts as a value below all others.
        bool[] small = new bool[n];
        for (int i = n - 2; i >= 0; i--)
        {
            small[i] = text[i] < text[i + 1] || (text[i] == text[i + 1] && small[i + 1]);
        }

        int[] ends = new int[alphabet + 1];
        foreach (int value in text)
        {
            ends[value + 1]++;
        }

        for (int value = 0; value < alphabet; value++)
        {
            ends[value + 1] += ends[value];
        }

        int[] bucket = new int[alphabet];

        // First round: leftmost small positions in any order induce an order of the stretches between them.
        var leftmost = new List<int>();
        for (int i = 1; i < n; i++)
        {
            if (small[i] && !small[i - 1])
            {
                leftmost.Add(i);
            }
        }

        Induce(text, order, small, ends, bucket, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(leftmost));
        if (leftmost.Count == 0)
        {
            return;
        }

        // Number the stretches; equal ones share a number.
        int[] number = new int[n];
        Array.Fill(number, -1);
        int names = 0, previous = -1;
        foreach (int at in order)
        {
            if (at == 0 || !small[at] || small[at - 1])
            {
                continue;
            }

            if (previous >= 0 && !SameStretch(text, small, previous, at))
            {
                names++;
            }

            number[at] = names;
            previous = at;
        }

        names++;
        int[] sorted = new int[leftmost.Count];
        if (names < leftmost.Count)
        {
            int[] reduced = new int[leftmost.Count];
            for (int i = 0; i < reduced.Length; i++)
            {
                reduced[i] = number[leftmost[i]];
            }

            Sort(reduced, sorted, names);
            for (int i = 0; i < sorted.Length; i++)
            {
                sorted[i] = leftmost[sorted[i]];
            }
        }
        else
        {
            foreach (int at in leftmost)
            {
                sorted[number[at]] = at;
            }
        }

        Induce(text, order, small, ends, bucket, sorted);
    }

    private static bool SameStretch(ReadOnlySpan<int> text, bool[] small, int a, int b)
    {
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Induce(ReadOnlySpan<int> text, Span<int> order, bool[] small, int[] ends, int[] bucket, ReadOnlySpan<int> leftmost)
    {
        int n = text.Length, alphabet = bucket.Length;
        order.Fill(-1);
        ends.AsSpan(1, alphabet).CopyTo(bucket);
        for (int i = leftmost.Length - 1; i >= 0; i--)
        {
            order[--bucket[text[leftmost[i]]]] = leftmost[i];
        }
        // Large suffixes from the left; the last one follows from the end of the text.
        ends.AsSpan(0, alphabet).CopyTo(bucket);
        order[bucket[text[n - 1]]++] = n - 1;
        for (int i = 0; i < n; i++)
        {
            int at = order[i] - 1;
            if (at >= 0 && !small[at])
            {
                order[bucket[text[at]]++] = at;
            }
        }
        // Small suffixes from the right.
        ends.AsSpan(1, alphabet).CopyTo(bucket);
        for (int i = n - 1; i >= 0; i--)
        {
            int at = order[i] - 1;
            if (at >= 0 && small[at])
            {
                order[--bucket[text[at]]] = at;
            }
        }
    }
}
