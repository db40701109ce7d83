// A row of floats as the vector loops want it: aligned, and filled up with negative infinity to a whole number of blocks, so that no loop
// needs a tail.

using System.Runtime.CompilerServices;

namespace GruLM.Generation;

/// <summary>Floats with room to grow. The memory is managed: a pointer into it must be taken with <c>fixed</c>. Not thread-safe.</summary>
internal sealed unsafe class ScoreRow
{
    /// <summary>Rows are filled up to a multiple of this.</summary>
    public const int Block = 256;

    private const int LineFloats = 16, LineBytes = 64;
    private float[] _array = [];
    private int _offset;

    /// <summary>A number.</summary>
    public ref float this[int i] => ref _array[_offset + i];

    /// <summary>The first <paramref name="count"/> numbers; lasts until <see cref="Reserve"/>.</summary>
    public Span<float> Numbers(int count) => _array.AsSpan(_offset, count);

    /// <summary>The least multiple of <see cref="Block"/> that holds so many.</summary>
    public static int Padded(int count) => (count + Block - 1) / Block * Block;

    /// <summary>The least multiple of the sixteen lanes of a sum that holds so many.</summary>
    public static int InLanes(int count) => (count + LineFloats - 1) / LineFloats * LineFloats;

    /// <summary>For <c>fixed</c>: the first number.</summary>
    public ref float GetPinnableReference() => ref _array[_offset];

    /// <summary>Makes room for <paramref name="count"/> numbers and their filling; what was there may be lost.</summary>
    public void Reserve(int count)
    {
        int needed = Padded(count) + LineFloats;
        if (_array.Length >= needed) return;
        _array = GC.AllocateUninitializedArray<float>(needed, pinned: true);
        _offset = (int)((LineBytes - ((nuint)Unsafe.AsPointer(ref _array[0]) % LineBytes)) % LineBytes) / sizeof(float);
    }

    /// <summary>Fills the row up behind its first <paramref name="count"/> numbers.</summary>
    public void Fill(int count) => _array.AsSpan(_offset + count, Padded(count) - count).Fill(float.NegativeInfinity);
}
