// Short words and their pieces, found again without a search. A table of 32-bit entries, part hash and part place, leads to records that
// lie one behind the other, key and pieces together: a hit touches two cache lines, and thousands of words stay in a core's own cache. Keys
// are compared whole: a hash can not change a result.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GruLM.Tokenization;

/// <summary>A bounded cache from short words to their pieces: ids and byte lengths. Emptied when full.</summary>
internal sealed class WordCache
{
    /// <summary>Longer words are not kept, in bytes.</summary>
    public const int MaxWord = 32;

    /// <summary>No place.</summary>
    public const int Nowhere = -1;

    private const int MaxEntries = 1 << 16;

    // An entry is the place of a record plus one, and twelve bits of the hash that the place in the table does not tell.
    private const int PlaceBits = 20;
    private const uint PlaceMask = (1 << PlaceBits) - 1;

    // A record: the word's length (6 bits), its number of pieces (6) and half a note (16); the word's bytes, up to whole integers; the
    // pieces. Words are compared in vectors, which read beyond the shorter ones.
    private const int NoteShift = 16, CountShift = 6, SixBits = 63, Beyond = 8;

    private uint[] _entries = new uint[1 << 8];
    private int[] _records = new int[1 << 10];
    private readonly uint[] _seen = new uint[1 << 14];
    private int _used, _count;

    /// <summary>True from the second time on that a word with this hash comes by, so that words which stand once are not kept. Now and then
    /// it forgets.</summary>
    public bool SeenBefore(uint hash)
    {
        ref uint slot = ref _seen[hash & (uint)(_seen.Length - 1)];
        bool seen = slot == (hash | 1);
        slot = hash | 1;
        return seen;
    }

    /// <summary>Counts how often the cache was emptied; places found before are void then.</summary>
    public int Generation { get; private set; }

    /// <summary>Where a word is kept, <see cref="Nowhere"/> if it is not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(in WordKey key)
    {
        uint[] entries = _entries;
        for (uint i = key.Hash; ; i++)
        {
            uint entry = entries[i & (uint)(entries.Length - 1)];
            if (entry == 0)
            {
                return Nowhere;
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

    /// <summary>The pieces at a place that <see cref="Find"/> gave, packed as id &lt;&lt; 8 | byte length, and the number kept with
    /// them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<int> PiecesAt(int place, out float note)
    {
        ref int record = ref _records[place];
        int header = record;
        note = BitConverter.Int32BitsToSingle(header & (-1 << NoteShift));
        return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref record, 1 + KeyInts(header & SixBits)),
            (header >> CountShift) & SixBits);
    }

    /// <summary>Keeps a word's pieces and, rounded towards zero to 8 bits, a number with them.</summary>
    public void Add(in WordKey key, ReadOnlySpan<int> pieces, float note)
    {
        int size = 1 + KeyInts(key.Length) + pieces.Length;
        if (_count * 2 >= _entries.Length || _used + size + Beyond > PlaceMask)
        {
            GrowOrClear();
        }

        if (_used + size + Beyond > _records.Length)
        {
            Array.Resize(ref _records, Math.Max(_records.Length * 2, _used + size + Beyond));
        }

        Span<int> record = _records.AsSpan(_used, size);
        record[0] = key.Length | (pieces.Length << CountShift) | (BitConverter.SingleToInt32Bits(note) & (-1 << NoteShift));
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

/// <summary>A short word as two vectors padded with zeros, its length and its hash.</summary>
internal readonly struct WordKey
{
    /// <summary>How many bytes must be readable from a word's start.</summary>
    public const int Readable = 32;

    // Sixteen bytes from place 16 - n on keep n bytes and clear the others.
    private static ReadOnlySpan<byte> Masks =>
    [
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>The first 16 bytes, and the rest of a word that is longer.</summary>
    public readonly Vector128<byte> First, Rest;

    /// <summary>The length in bytes.</summary>
    public readonly int Length;

    /// <summary>A hash of the word.</summary>
    public readonly uint Hash;

    /// <summary>Packs a word of at most <see cref="WordCache.MaxWord"/> bytes; <see cref="Readable"/> bytes from its start must lie in the
    /// array.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WordKey(byte[] text, int start, int length)
    {
        ref byte word = ref text.AsSpan(start, Readable)[0];
        Length = length;
        First = Vector128.LoadUnsafe(ref word) & Mask(Math.Min(length, 16));
        ulong h = (First.AsUInt64().ToScalar() ^ (uint)length) * 0x9FB21C651E98DF25;
        h = ((h ^ (h >> 32)) + First.AsUInt64().GetElement(1)) * 0xD6E8FEB86659FD93;
        if (length > 16)
        {
            Rest = Vector128.LoadUnsafe(ref word, 16) & Mask(length - 16);
            h = ((h ^ (h >> 32)) + Rest.AsUInt64().ToScalar() + (Rest.AsUInt64().GetElement(1) * 31)) * 0x9FB21C651E98DF25;
        }

        Hash = (uint)(h >> 32);
    }

    /// <summary>True for the same bytes; <see cref="Readable"/> bytes are read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Matches(ref int stored) => (Vector128.LoadUnsafe(ref stored).AsByte() & Mask(Math.Min(Length, 16))) == First
        && (Length <= 16 || (Vector128.LoadUnsafe(ref stored, 4).AsByte() & Mask(Length - 16)) == Rest);

    /// <summary>Writes the bytes.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        Span<byte> padded = stackalloc byte[Readable];
        First.CopyTo(padded);
        Rest.CopyTo(padded[16..]);
        padded[..Length].CopyTo(bytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Mask(int keep) => Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(Masks), (nuint)(16 - keep));
}
