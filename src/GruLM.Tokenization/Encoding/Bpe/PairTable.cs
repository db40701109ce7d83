// A hash table from pairs of 32-bit numbers to 32-bit numbers, laid out for one cache line a look-up: linear probing, keys and values side
// by side. Built once, then only read, so it is safe to share between threads. Leaves out removal.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>A map from pairs of symbols to numbers.</summary>
internal sealed class PairTable
{
    /// <summary>What a look-up gives for a pair that is not in the table.</summary>
    public const int Missing = int.MinValue;

    private Slot[] _slots = NewSlots(64);

    /// <summary>How many pairs there are.</summary>
    public int Count { get; private set; }

    /// <summary>The value of a pair, or <see cref="Missing"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(uint left, uint right)
    {
        Slot[] slots = _slots;
        for (uint i = Place(left, right); ; i++)
        {
            ref Slot slot = ref slots[i & (uint)(slots.Length - 1)];
            if ((slot.Left == left && slot.Right == right) || slot.Value == Missing)
            {
                return slot.Value;
            }
        }
    }

    /// <summary>Sets the value of a pair.</summary>
    public void Set(uint left, uint right, int value)
    {
        if (Count * 2 >= _slots.Length)
        {
            Slot[] old = _slots;
            _slots = NewSlots(old.Length * 2);
            Count = 0;
            foreach (Slot s in old)
            {
                if (s.Value != Missing)
                {
                    Set(s.Left, s.Right, s.Value);
                }
            }
        }

        uint i = Place(left, right);
        while (true)
        {
            ref Slot slot = ref _slots[i & (uint)(_slots.Length - 1)];
            if (slot.Value == Missing)
            {
                slot = new Slot { Left = left, Right = right, Value = value };
                Count++;
                return;
            }

            if (slot.Left == left && slot.Right == right)
            {
                slot.Value = value;
                return;
            }

            i++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Place(uint left, uint right) => (uint)((((ulong)left << 32 | right) * 0x9E3779B97F4A7C15) >> 36);

    private static Slot[] NewSlots(int size)
    {
        var slots = new Slot[size];
        Array.Fill(slots, new Slot { Value = Missing });
        return slots;
    }

    private struct Slot
    {
        public uint Left;
        public uint Right;
        public int Value;
    }
}
