// What stood behind the same few tokens before: for each context a handful of tokens with their counts, in a table of fixed size. A context
// that is no longer met makes room for others.

namespace GruLM.Compression;

/// <summary>Tokens behind contexts of one length. Not thread-safe.</summary>
internal sealed class ContextTable
{
    /// <summary>Tokens that are remembered of a context.</summary>
    public const int Slots = 8;

    private const int SizeBits = 16;
    private const int MostCount = 255;

    private readonly uint[] _keys = new uint[1 << SizeBits];
    private readonly int[] _tokens = new int[Slots << SizeBits];
    private readonly int[] _counts = new int[Slots << SizeBits];

    /// <summary>The place of a context, by its hash. It belongs to this context or to another one.</summary>
    public static int PlaceOf(ulong hash) => (int)(hash >> (64 - SizeBits));

    /// <summary>The tokens behind a context, a negative number of theirs where there are none, and how often each stood there.</summary>
    public bool TryFind(ulong hash, out ReadOnlySpan<int> tokens, out ReadOnlySpan<int> counts)
    {
        int place = PlaceOf(hash);
        tokens = _tokens.AsSpan(place * Slots, Slots);
        counts = _counts.AsSpan(place * Slots, Slots);
        return _keys[place] == KeyOf(hash) && counts[0] > 0;
    }

    /// <summary>Counts a token behind a context. The first slots are in use; the most frequent tokens stand first, about.</summary>
    public void Add(ulong hash, int token)
    {
        int place = PlaceOf(hash);
        Span<int> tokens = _tokens.AsSpan(place * Slots, Slots), counts = _counts.AsSpan(place * Slots, Slots);
        if (_keys[place] != KeyOf(hash) && !TakeOver(place, hash, counts)) return;
        int slot = 0;
        while (slot < Slots - 1 && counts[slot] > 0 && tokens[slot] != token) slot++;
        if (counts[slot] > 0 && tokens[slot] != token)
        {
            // The last of a full row grows old until another takes its place.
            if (--counts[slot] > 0) return;
        }

        tokens[slot] = token;
        counts[slot]++;
        if (slot > 0 && counts[slot] >= counts[slot - 1])
        {
            (tokens[slot], tokens[slot - 1]) = (tokens[slot - 1], tokens[slot]);
            (counts[slot], counts[slot - 1]) = (counts[slot - 1], counts[slot]);
            slot--;
        }

        if (counts[slot] > MostCount) Halve(counts);
    }

    private bool TakeOver(int place, ulong hash, Span<int> counts)
    {
        if (counts[0] > 1)
        {
            Halve(counts);
            return false;
        }

        counts.Clear();
        _keys[place] = KeyOf(hash);
        return true;
    }

    // Those that are still in use stay in front of those that are not.
    private static void Halve(Span<int> counts)
    {
        foreach (ref int count in counts) count = (count + 1) / 2;
    }

    private static uint KeyOf(ulong hash) => (uint)hash;
}
