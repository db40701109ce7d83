// The suffix array of a sequence of integers and the repeats it shows. The sequence is ordered as it is, with its end before everything, so
// there is exactly one right answer. Leaves out searching; sorting is InducedSort's work.
// Hot methods are optimised at once: a training is over before tiered compilation would have noticed them.
// Source: the sweep over longest common prefixes is Kasai et al. 2001.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>Suffix sorting and repeats.</summary>
internal static class SuffixArray
{
    /// <summary>The starts of all suffixes in their order.</summary>
    /// <param name="text">Values from 0 to <paramref name="alphabet"/> - 1.</param>
    /// <param name="alphabet">How many values there are.</param>
    /// <param name="cancellation">Ends the work early.</param>
    public static int[] Build(ReadOnlySpan<int> text, int alphabet, CancellationToken cancellation = default)
    {
        int[] order = new int[text.Length];
        if (text.Length > 0)
        {
            InducedSort.Sort(text, order, alphabet, cancellation);
        }

        return order;
    }

    /// <summary>
    /// Every repeat that cannot be lengthened to the right without losing an occurrence: its first place in the order, one past its last,
    /// its length. They come as a sweep closes them, inner before outer.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static List<(int Left, int Right, int Length)> Repeats(
        ReadOnlySpan<int> text, int[] order, CancellationToken cancellation = default)
    {
        int n = order.Length;
        var repeats = new List<(int, int, int)>();
        int[] common = CommonPrefixes(text, order, cancellation);
        // The open intervals, by rising length. A suffix's own interval (its whole rest) is opened after it and never reported.
        var open = new Stack<(int Left, int Length)>();
        open.Push((-1, -1));
        for (int i = 0; ; i++)
        {
            if (i % InducedSort.StepsBetweenStops == 0) cancellation.ThrowIfCancellationRequested();
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
    private static int[] CommonPrefixes(ReadOnlySpan<int> text, int[] order, CancellationToken cancellation)
    {
        int n = order.Length;
        int[] before = new int[n];
        for (int i = 0; i < n; i++)
        {
            if (i % InducedSort.StepsBetweenStops == 0) cancellation.ThrowIfCancellationRequested();
            before[order[i]] = i == 0 ? -1 : order[i - 1];
        }
        // By position first: going one to the right shortens a common prefix by one at most.
        int[] byPosition = new int[n];
        int length = 0;
        for (int i = 0; i < n; i++)
        {
            if (i % InducedSort.StepsBetweenStops == 0) cancellation.ThrowIfCancellationRequested();
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
            if (i % InducedSort.StepsBetweenStops == 0) cancellation.ThrowIfCancellationRequested();
            before[i] = byPosition[order[i]];
        }

        return before;
    }
}
