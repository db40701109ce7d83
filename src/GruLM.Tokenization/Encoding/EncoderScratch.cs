// One encoding's working memory, pooled by the tokenizer so that encoding allocates nothing once warm, and private to one call at a time so
// that nothing needs a lock. It holds a cache of short words; the cache is plain memory of results and can be dropped at any time.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>The reusable working memory of one encoding call.</summary>
internal sealed class EncoderScratch
{
    /// <summary>The window of normalised text.</summary>
    public readonly NormalizedText Window = new();
    /// <summary>Where pieces go.</summary>
    public readonly PieceSink Sink = new();
    /// <summary>Known words.</summary>
    public readonly WordCache Cache = new();

    /// <summary>While set, encoders note each piece in <see cref="Recorded"/> as the cache keeps it.</summary>
    public bool Recording;
    /// <summary>The pieces of the word in hand.</summary>
    public readonly List<int> Recorded = [];

    /// <summary>Input bytes that were transcoded from UTF-16.</summary>
    public byte[] Input = [];

    /// <summary>Symbols of a stretch of text: what each is, where it begins, how long it is; links for merging.</summary>
    public int[] Symbols = new int[64], Begins = new int[64], Lengths = new int[64], Next = new int[64], Previous = new int[64], Ranks = new int[64];
    /// <summary>Symbols that may not merge.</summary>
    public bool[] Frozen = new bool[64];
    /// <summary>The merge agenda of a long stretch.</summary>
    public readonly MergeHeap Heap = new();

    /// <summary>Whose it is; its cache of words holds that tokenizer's pieces.</summary>
    public WeakReference<Tokenizer>? Owner { get; init; }

    /// <summary>The unigram model's best paths, by byte.</summary>
    public LatticeCell[] Cells = [];
    /// <summary>The unigram model's score of what has been encoded of this text so far.</summary>
    public float Score;

    /// <summary>Makes room for the best paths of a stretch.</summary>
    public void ReserveLattice(int length)
    {
        if (Cells.Length <= length)
            Cells = new LatticeCell[Math.Max(length + 1, Cells.Length * 2)];
    }

    /// <summary>Makes room for more symbols.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void GrowSymbols()
    {
        int size = Symbols.Length * 2;
        Array.Resize(ref Symbols, size);
        Array.Resize(ref Begins, size);
        Array.Resize(ref Lengths, size);
        Array.Resize(ref Next, size);
        Array.Resize(ref Previous, size);
        Array.Resize(ref Ranks, size);
        Array.Resize(ref Frozen, size);
    }

    /// <summary>Gives the memory of an unusually large text back.</summary>
    public void Trim()
    {
        Window.Trim();
        if (Symbols.Length > 1 << 18)
        {
            Symbols = new int[64];
            Begins = new int[64];
            Lengths = new int[64];
            Next = new int[64];
            Previous = new int[64];
            Ranks = new int[64];
            Frozen = new bool[64];
        }
        if (Cells.Length > 1 << 18)
            Cells = [];
        if (Input.Length > 1 << 20)
            Input = [];
        Heap.Trim();
    }
}

/// <summary>A bounded cache from short words to their pieces: ids and byte lengths. Cleared when full.</summary>
internal sealed class WordCache
{
    /// <summary>Longer words are not kept.</summary>
    public const int MaxWord = 32;
    private const int MaxSlots = 1 << 16;

    private Slot[] _slots = new Slot[1 << 8];
    private int[] _pieces = new int[1 << 10];
    private readonly uint[] _seen = new uint[1 << 14];
    private int _used, _count;

    /// <summary>True from the second time on that a word with this hash comes by, so that words which stand once are not kept. Now and then it forgets.</summary>
    public bool SeenBefore(uint hash)
    {
        ref uint slot = ref _seen[hash & (uint)(_seen.Length - 1)];
        bool seen = slot == (hash | 1);
        slot = hash | 1;
        return seen;
    }

    /// <summary>The pieces of a word, packed as id &lt;&lt; 8 | byte length; empty where it is not known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<int> Find(in WordKey key, uint hash)
    {
        Slot[] slots = _slots;
        for (uint i = hash; ; i++)
        {
            ref Slot slot = ref slots[i & (uint)(slots.Length - 1)];
            if (slot.Count == 0)
                return default;
            if (slot.Key.Equals(key))
                return _pieces.AsSpan(slot.Start, slot.Count);
        }
    }

    /// <summary>Keeps a word's pieces.</summary>
    public void Add(in WordKey key, uint hash, ReadOnlySpan<int> pieces)
    {
        if (_count * 2 >= _slots.Length)
            GrowOrClear();
        if (_used + pieces.Length > _pieces.Length)
            Array.Resize(ref _pieces, Math.Max(_pieces.Length * 2, _used + pieces.Length));
        pieces.CopyTo(_pieces.AsSpan(_used));
        uint i = hash;
        while (_slots[i & (uint)(_slots.Length - 1)].Count != 0)
            i++;
        _slots[i & (uint)(_slots.Length - 1)] = new Slot { Key = key, Hash = hash, Start = _used, Count = pieces.Length };
        _used += pieces.Length;
        _count++;
    }

    private void GrowOrClear()
    {
        if (_slots.Length >= MaxSlots)
        {
            Array.Clear(_slots);
            _used = _count = 0;
            return;
        }
        Slot[] old = _slots;
        _slots = new Slot[old.Length * 4];
        foreach (ref Slot slot in old.AsSpan())
        {
            if (slot.Count == 0)
                continue;
            uint i = slot.Hash;
            while (_slots[i & (uint)(_slots.Length - 1)].Count != 0)
                i++;
            _slots[i & (uint)(_slots.Length - 1)] = slot;
        }
    }

    private struct Slot
    {
        public WordKey Key;
        public uint Hash;
        public int Start;
        public int Count;
    }
}

/// <summary>The bytes of a short word, padded with zeros, and its length in the last byte: compared in four steps.</summary>
internal readonly struct WordKey
{
    private readonly ulong _a, _b, _c, _d;
    private readonly int _length;

    /// <summary>Packs a word of at most <see cref="WordCache.MaxWord"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WordKey(ReadOnlySpan<byte> word)
    {
        _length = word.Length;
        if (word.Length <= 8)
        {
            _a = Tail(word);
        }
        else
        {
            _a = Unsafe.ReadUnaligned<ulong>(in word[0]);
            if (word.Length <= 16)
                _b = Tail(word[8..]);
            else
            {
                _b = Unsafe.ReadUnaligned<ulong>(in word[8]);
                if (word.Length <= 24)
                    _c = Tail(word[16..]);
                else
                {
                    _c = Unsafe.ReadUnaligned<ulong>(in word[16]);
                    _d = Tail(word[24..]);
                }
            }
        }
    }

    /// <summary>A hash of the word.</summary>
    public uint Hash
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            ulong h = (_a ^ (ulong)(uint)_length) * 0x9FB21C651E98DF25;
            h = ((h ^ (h >> 32)) + _b) * 0xD6E8FEB86659FD93;
            if (_length > 16)
                h = ((h ^ (h >> 32)) + _c + (_d * 31)) * 0x9FB21C651E98DF25;
            return (uint)(h >> 32);
        }
    }

    /// <summary>True for the same word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Equals(in WordKey other) =>
        ((_a ^ other._a) | (_b ^ other._b) | (_c ^ other._c) | (_d ^ other._d) | (ulong)(uint)(_length ^ other._length)) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Tail(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        switch (bytes.Length)
        {
            case 8:
                return Unsafe.ReadUnaligned<ulong>(in bytes[0]);
            case >= 4:
                value = Unsafe.ReadUnaligned<uint>(in bytes[0]);
                // The overlapping last four bytes, shifted to where they belong.
                return value | ((ulong)Unsafe.ReadUnaligned<uint>(in bytes[bytes.Length - 4]) << (8 * (bytes.Length - 4)));
            default:
                for (int i = 0; i < bytes.Length; i++)
                    value |= (ulong)bytes[i] << (8 * i);
                return value;
        }
    }
}
