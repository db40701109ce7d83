// A dictionary from byte strings to integers: keys live end to end in one array, so that a vocabulary of a hundred thousand pieces is
// a handful of objects and a look-up takes a span. Insertion order is kept. Leaves out removal.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GruLM.Tokenization;

/// <summary>An insertion-ordered map from byte strings to 64-bit values.</summary>
internal sealed class ByteStringMap
{
    private int[] _slots;
    private Entry[] _entries;
    private byte[] _keys;
    private int _keyBytes;

    /// <summary>Creates an empty map with room for a number of keys.</summary>
    public ByteStringMap(int capacity = 16)
    {
        int size = 16;
        while (size < capacity * 2)
        {
            size <<= 1;
        }

        _slots = new int[size];
        _entries = new Entry[Math.Max(8, capacity)];
        _keys = new byte[Math.Max(64, capacity * 8)];
    }

    /// <summary>How many keys there are.</summary>
    public int Count { get; private set; }

    /// <summary>The key inserted as number <paramref name="index"/>.</summary>
    public ReadOnlySpan<byte> KeyAt(int index) => _keys.AsSpan(_entries[index].Offset, _entries[index].Length);

    /// <summary>The value of key number <paramref name="index"/>.</summary>
    public ref long ValueAt(int index) => ref _entries[index].Value;

    /// <summary>The number of a key, or -1.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        uint hash = Hash(key);
        for (int slot = (int)(hash & (uint)(_slots.Length - 1)); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            int index = _slots[slot] - 1;
            if (index < 0)
            {
                return -1;
            }

            if (_entries[index].Hash == hash && KeyAt(index).SequenceEqual(key))
            {
                return index;
            }
        }
    }

    /// <summary>True, with its value, where the key is present.</summary>
    public bool TryGet(ReadOnlySpan<byte> key, out int value)
    {
        int index = Find(key);
        value = index < 0 ? 0 : (int)_entries[index].Value;
        return index >= 0;
    }

    /// <summary>Adds a key; false where it was there already.</summary>
    public bool TryAdd(ReadOnlySpan<byte> key, long value)
    {
        ref long place = ref GetOrAdd(key, out bool existed);
        if (!existed)
        {
            place = value;
        }

        return !existed;
    }

    /// <summary>The place of a key's value, made (as zero) where the key is new.</summary>
    public ref long GetOrAdd(ReadOnlySpan<byte> key, out bool existed)
    {
        uint hash = Hash(key);
        int slot = (int)(hash & (uint)(_slots.Length - 1));
        for (; ; slot = (slot + 1) & (_slots.Length - 1))
        {
            int index = _slots[slot] - 1;
            if (index < 0)
            {
                break;
            }

            if (_entries[index].Hash == hash && KeyAt(index).SequenceEqual(key))
            {
                existed = true;
                return ref _entries[index].Value;
            }
        }

        existed = false;
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Count * 2);
        }

        if (_keyBytes + key.Length > _keys.Length)
        {
            Array.Resize(ref _keys, Math.Max(_keyBytes + key.Length, _keys.Length * 2));
        }

        key.CopyTo(_keys.AsSpan(_keyBytes));
        _entries[Count] = new Entry { Hash = hash, Offset = _keyBytes, Length = key.Length };
        _keyBytes += key.Length;
        _slots[slot] = ++Count;
        int added = Count - 1;
        if (Count * 2 > _slots.Length)
        {
            Grow();
        }

        return ref _entries[added].Value;
    }

    /// <summary>A 32-bit hash of a byte string: eight bytes a multiplication.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Hash(ReadOnlySpan<byte> key)
    {
        ulong h = (ulong)key.Length * 0x9E3779B97F4A7C15;
        while (key.Length >= 8)
        {
            h = (h ^ MemoryMarshal.Read<ulong>(key)) * 0x9FB21C651E98DF25;
            h ^= h >> 32;
            key = key[8..];
        }

        if (key.Length > 0)
        {
            ulong last = 0;
            for (int i = 0; i < key.Length; i++)
            {
                last |= (ulong)key[i] << (8 * i);
            }

            h = (h ^ last) * 0x9FB21C651E98DF25;
            h ^= h >> 32;
        }

        h *= 0xD6E8FEB86659FD93;
        return (uint)(h >> 32);
    }

    private void Grow()
    {
        int[] slots = new int[_slots.Length * 2];
        for (int i = 0; i < Count; i++)
        {
            int slot = (int)(_entries[i].Hash & (uint)(slots.Length - 1));
            while (slots[slot] != 0)
            {
                slot = (slot + 1) & (slots.Length - 1);
            }

            slots[slot] = i + 1;
        }

        _slots = slots;
    }

    private struct Entry
    {
        public uint Hash;
        public int Offset;
        public int Length;
        public long Value;
    }
}
