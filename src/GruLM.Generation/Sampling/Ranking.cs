// The k largest of a row of numbers, in order, without sorting the others: the largest number of each of a few hundred groups gives a bound
// that at least k numbers reach and few more do; those are collected and sorted. A bound that is too low costs time and nothing else.

using System.Numerics;
using System.Runtime.InteropServices;
using GruLM.Kernels;

namespace GruLM.Generation;

/// <summary>Ranks numbers: larger ones first, the lower place first among equals (−0 equals 0). Numbers are never NaN. Not
/// thread-safe.</summary>
internal sealed class Ranking(KernelPath path)
{
    private const int FewGroups = ScoreRow.Block, ManyGroups = 4 * ScoreRow.Block;

    // Of so many groups at most three eighths may have to reach the bound: above that, numbers that share a group with a larger one would
    // press the bound down.
    private const int FewAtMost = FewGroups * 3 / 8, ManyAtMost = ManyGroups * 3 / 8;

    // So many numbers are sorted by counting those before each; more are sorted by their digits.
    private const int Counted = 128;

    // Negative keys come first.
    private const uint SignBit = 1u << 31;

    private const int BoundTries = 24, Doublings = 12, KeyBits = 32, DigitBits = 8, Digits = 1 << DigitBits;

    private readonly ScoreRow _groups = new();
    private long[] _keys = [];
    private long[] _others = [];
    private int[] _places = [];
    private int[] _order = [];

    /// <summary>How many are worth a try where nobody knows how many will be needed; and how many when <paramref name="tried"/> were too
    /// few, for at most <paramref name="count"/>.</summary>
    public static int Try(int tried, int count) => Math.Min(count, tried == 0 ? FewAtMost : tried < ManyAtMost ? ManyAtMost : count);

    /// <summary>The places of the <paramref name="k"/> largest of the row's first <paramref name="count"/> numbers, or of all when there
    /// are no more, the largest first. The row must be filled up. The answer lasts until the next call.</summary>
    public ReadOnlySpan<int> Largest(ScoreRow row, int count, int k)
    {
        Reserve(count);
        k = Math.Min(k, count);
        int found = count > Counted && k <= ManyAtMost ? Collect(row, count, k) : All(count);
        ReadOnlySpan<float> numbers = row.Numbers(count);
        ReadOnlySpan<int> places = _places.AsSpan(0, found);
        Span<long> keys = _keys.AsSpan(0, found);
        for (int i = 0; i < keys.Length && i < places.Length; i++) keys[i] = Key(numbers[places[i]], places[i]);
        if (found <= Counted) OrderByCounting(found, k);
        else OrderByDigits(found, k);
        return _order.AsSpan(0, k);
    }

    private void Reserve(int count)
    {
        if (_keys.Length >= count + Vector<long>.Count) return;
        int size = ScoreRow.Padded(count + Vector<long>.Count);
        (_keys, _others, _places, _order) = (new long[size], new long[size], new int[size], new int[size]);
        _groups.Reserve(ManyGroups);
    }

    private int All(int count)
    {
        for (int i = 0; i < count; i++) _places[i] = i;
        return count;
    }

    private int Collect(ScoreRow row, int count, int k)
    {
        int groups = k <= FewAtMost ? FewGroups : Math.Min(ManyGroups, ScoreRow.Padded(count));
        ScoreLoops.Maxima(path, row, count, _groups, groups);
        float bound = Bound(groups, k);
        return float.IsNegativeInfinity(bound) ? All(count) : ScoreLoops.Collect(path, row, count, bound, _places);
    }

    // A number that at least k groups reach, and where it can be found fast, hardly more.
    private float Bound(int groups, int k)
    {
        float high = ScoreLoops.Max(path, _groups, groups), step = 2, low = high;
        int reached = 0;
        for (int i = 0; i < Doublings && reached < k; i++, step *= 2)
        {
            low = high - step;
            reached = ScoreLoops.CountFrom(path, _groups, groups, low);
        }

        if (reached < k) return float.NegativeInfinity;
        high = step > 4 ? high - (step / 4) : high;
        int enough = k + (k / 8) + 2;
        for (int i = 0; i < BoundTries && reached > enough; i++)
        {
            float middle = low + ((high - low) / 2);
            int count = ScoreLoops.CountFrom(path, _groups, groups, middle);
            if (count >= k) (low, reached) = (middle, count);
            else high = middle;
        }

        return low;
    }

    // Ascending keys are descending numbers, and ascending places among equals.
    private static long Key(float number, int place)
    {
        // −0 becomes 0.
        int bits = BitConverter.SingleToInt32Bits(number + 0f);
        int ascending = bits ^ ((bits >> 31) & int.MaxValue);
        return ((long)~ascending << KeyBits) | (uint)place;
    }

    // Each key's rank is how many are before it: no branch depends on the numbers.
    private void OrderByCounting(int found, int k)
    {
        int padded = (found + Vector<long>.Count - 1) / Vector<long>.Count * Vector<long>.Count;
        _keys.AsSpan(found, padded - found).Fill(long.MaxValue);
        ReadOnlySpan<Vector<long>> keys = MemoryMarshal.Cast<long, Vector<long>>(_keys.AsSpan(0, padded));
        for (int i = 0; i < found; i++)
        {
            var key = new Vector<long>(_keys[i]);
            Vector<long> before = Vector<long>.Zero;
            foreach (Vector<long> others in keys) before -= Vector.LessThan(others, key);
            int rank = (int)Vector.Sum(before);
            if (rank < k) _order[rank] = _places[i];
        }
    }

    // From the lowest byte of the number's bits to the highest; places are in order already, and no pass changes the order of equals. All
    // bytes are counted in one go, so that no count waits for the one before it.
    private unsafe void OrderByDigits(int found, int k)
    {
        int* starts = stackalloc int[4 * Digits];
        new Span<int>(starts, 4 * Digits).Clear();
        fixed (long* keys = _keys, others = _others)
        {
            for (int i = 0; i < found; i++)
            {
                uint digits = (uint)(keys[i] >> KeyBits) ^ SignBit;
                starts[(byte)digits]++;
                starts[Digits + (byte)(digits >> DigitBits)]++;
                starts[(2 * Digits) + (byte)(digits >> (2 * DigitBits))]++;
                starts[(3 * Digits) + (byte)(digits >> (3 * DigitBits))]++;
            }

            long* from = keys, to = others;
            for (int shift = 0; shift < KeyBits; shift += DigitBits, starts += Digits)
            {
                int start = 0;
                for (int digit = 0; digit < Digits; digit++) (starts[digit], start) = (start, start + starts[digit]);
                for (int i = 0; i < found; i++)
                {
                    long key = from[i];
                    to[starts[(byte)(((uint)(key >> KeyBits) ^ SignBit) >> shift)]++] = key;
                }

                long* sorted = to;
                to = from;
                from = sorted;
            }

            for (int i = 0; i < k; i++) _order[i] = (int)from[i];
        }
    }
}
