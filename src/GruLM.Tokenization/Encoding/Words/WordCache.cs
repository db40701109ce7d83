// Short words and their pieces, found again without a search. A table of 32-bit entries, part hash and part place, leads to records that
// lie one behind the other, key and pieces together: a hit touches two cache lines, and thousands of words stay in a core's own cache. Keys
// are compared whole: a hash can not change a result.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GruLM.Tokenization;

/// <summary>A bounded cache from short words to their pieces: ids and byte lengths. Emptied when full.</summary>
internal sealed class WordCache
{
    /// <summary>Longer words are not kept, in bytes.</summary>
    public const int MaxWord = 32;

    /// <summary>The place of a word that is not in the cache.</summary>
    public const int NotFound = -1;

    private const int MaxEntries = 1 << 16;

    // An entry is the place of a record plus one, and twelve bits of the hash that the place in the table does not tell.
    private const int PlaceBits = 20;
    private const uint PlaceMask = (1 << PlaceBits) - 1;

    // A record: a header of the word's length (6 bits), its number of pieces (6) and the upper 16 bits of its score limit, a single; the
    // word's bytes, up to whole integers; the pieces. Words are compared in vectors, which read up to Padding integers behind the records.
    private const int LimitShift = 16, CountShift = 6, SixBits = 63, Padding = 8;

    private uint[] _entries = new uint[1 << 8];
    private int[] _records = new int[1 << 10];
    private readonly ushort[] _seen = new ushort[1 << 16];
    private int _used, _count;

    /// <summary>True from the second time on that a word with this hash comes by, so that words which stand once are not kept. Now and then
    /// it forgets.</summary>
    public bool SeenBefore(uint hash)
    {
        ref ushort slot = ref _seen[hash & (uint)(_seen.Length - 1)];
        ushort mark = (ushort)((hash >> 16) | 1);
        bool seen = slot == mark;
        slot = mark;
        return seen;
    }

    /// <summary>Counts how often the cache was emptied; places found before are void then.</summary>
    public int Generation { get; private set; }

    /// <summary>Where a word is kept, <see cref="NotFound"/> if it is not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(in WordKey key)
    {
        uint[] entries = _entries;
        for (uint i = key.Hash; ; i++)
        {
            uint entry = entries[i & (uint)(entries.Length - 1)];
            if (entry == 0)
            {
                return NotFound;
            }

            if (((entry ^ key.Hash) & ~PlaceMask) != 0)
            {
                continue;
            }

            ref int record = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_records), (nint)(entry & PlaceMask) - 1);
            if ((record & SixBits) == key.Length && key.Matches(ref Unsafe.Add(ref record, 1)))
            {
                return (int)(entry & PlaceMask) - 1;
            }
        }
    }

    /// <summary>The pieces at a place that <see cref="Find"/> gave, packed as id &lt;&lt; 8 | byte length, and the score limit
    /// kept with them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<int> PiecesAt(int place, out float scoreLimit)
    {
        ref int record = ref _records[place];
        int header = record;
        scoreLimit = BitConverter.Int32BitsToSingle(header & (-1 << LimitShift));
        return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref record, 1 + KeyInts(header & SixBits)),
            (header >> CountShift) & SixBits);
    }

    /// <summary>Keeps a word's pieces and with them the size that a text's score must stay under for them to hold, rounded towards zero to
    /// 8 bits of precision.</summary>
    public void Add(in WordKey key, ReadOnlySpan<int> pieces, float scoreLimit)
    {
        int size = 1 + KeyInts(key.Length) + pieces.Length;
        if (_count * 2 >= _entries.Length || _used + size + Padding > PlaceMask)
        {
            GrowOrClear();
        }

        if (_used + size + Padding > _records.Length)
        {
            Array.Resize(ref _records, Math.Max(_records.Length * 2, _used + size + Padding));
        }

        Span<int> record = _records.AsSpan(_used, size);
        record[0] = key.Length | (pieces.Length << CountShift) | (BitConverter.SingleToInt32Bits(scoreLimit) & (-1 << LimitShift));
        key.CopyTo(MemoryMarshal.AsBytes(record[1..]));
        pieces.CopyTo(record[(1 + KeyInts(key.Length))..]);
        Insert(_entries, key.Hash, (key.Hash & ~PlaceMask) | (uint)(_used + 1));
        _used += size;
        _count++;
    }

    private static int KeyInts(int length) => (length + 3) >> 2;

    private static void Insert(uint[] entries, uint hash, uint entry)
    {
        uint i = hash;
        while (entries[i & (uint)(entries.Length - 1)] != 0)
        {
            i++;
        }

        entries[i & (uint)(entries.Length - 1)] = entry;
    }

    private void GrowOrClear()
    {
        if (_entries.Length >= MaxEntries || _count * 2 < _entries.Length)
        {
            Array.Clear(_entries);
            Generation++;
            _used = _count = 0;
            return;
        }

        uint[] larger = new uint[_entries.Length * 2];
        byte[] word = new byte[WordKey.Readable];
        for (int at = 0; at < _used;)
        {
            int header = _records[at], length = header & SixBits;
            MemoryMarshal.AsBytes(_records.AsSpan(at + 1, KeyInts(length)))[..length].CopyTo(word);
            uint hash = new WordKey(word, 0, length).Hash;
            Insert(larger, hash, (hash & ~PlaceMask) | (uint)(at + 1));
            at += 1 + KeyInts(length) + ((header >> CountShift) & SixBits);
        }

        _entries = larger;
    }
}
